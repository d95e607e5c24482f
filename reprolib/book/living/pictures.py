"""Drawn people for living figures: chapter 2's shots, and how a page holds them."""

import base64
import io
from dataclasses import replace

import torch
import torch.nn.functional as F
from PIL import Image

from reprolib import settings
from reprolib.data import drawn, drawn_spec

STRIPES = 7
# A scene shows this many times the height and width of the usual box.
ROOM = 2


def shot(
    pid: int, camid: int, shot: int, room: int = 1, shift: float = 0, scale: float = 1
) -> torch.Tensor:
    """One drawn shot of chapter 2's people, (3, height, width) uint8.

    With `room` it reaches that many times as far as the usual box, at its resolution.
    """
    spec = replace(drawn_spec(settings.load("quick").data), train_ids=200, seed=0)
    wide = replace(spec, height=room * spec.height, width=room * spec.width)
    image, _ = drawn.draw_with_box(wide, pid, camid, shot, shift, scale / room)
    return torch.from_numpy(image).permute(2, 0, 1)


def stripes(picture: torch.Tensor) -> torch.Tensor:
    """Chapter 2's stripes of plain colour: (3, height, width) -> (STRIPES, 6)."""
    colour = F.adaptive_avg_pool2d(picture / 255, (STRIPES, 5))[..., 2].mT
    return F.normalize(torch.cat([colour, 1 - colour], -1), dim=-1)


def middle(width: int) -> tuple[float, float]:
    """Where the middle fifth of `stripes` begins and ends, in parts of the width."""
    return (2 * width // 5) / width, -(-3 * width // 5) / width


def address(picture: torch.Tensor, quality: int = 92, subsampling: int = 0) -> str:
    """A picture (3, height, width) as a data URI: a JPEG.

    As a rule it keeps the mean colour of a stripe; one that is only looked at may be
    smaller.
    """
    image = Image.fromarray(picture.permute(1, 2, 0).numpy())
    file = io.BytesIO()
    image.save(file, "jpeg", quality=quality, subsampling=subsampling, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
