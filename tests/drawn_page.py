"""The pictures of the site's page of the model, as its tests read them."""

import json

import numpy as np
import torch
from PIL import Image

from reprolib.book import model_page
from reprolib.study.provenance import project_root

SITE = project_root() / "site"
NETWORK = SITE / "model" / "aligned.onnx"
FACTS = json.loads((SITE / "model" / "model.json").read_text(encoding="utf-8"))


def people(folder):
    """Pictures by row and column, (4, 12, 3, H, W) uint8, and what is known of them."""
    facts = model_page.draw_people(folder)
    pixels = np.asarray(Image.open(folder / "people.png"))
    height, width = facts["height"], facts["width"]
    cut = pixels.reshape(-1, height, model_page.PEOPLE, width, 3)
    return torch.from_numpy(cut.transpose(0, 2, 4, 1, 3).copy()), facts
