"""A trained network as one ONNX file, which the site's page runs in the browser.

`python -m reprolib model export` writes `site/model/`; `site/model.md` is the page.
"""

import os
import tempfile
import warnings
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from reprolib.data.acquire.unpacking import checksum
from reprolib.errors import ReproError
from reprolib.evaluation.features import embed
from reprolib.networks import AlignedReID
from reprolib.study.store import Store, write_json

VARIANT, SEED = "aligned-box0.4", 0
OPSET = 18  # which the browser's runtime reads as well
LARGEST_ERROR = 1e-4
CHECKED = 32  # pictures of the test
KINDS = ("global", "unaligned", "aligned")


class Embedding(nn.Module):
    """From pictures to what distances are formed from, as the test does.

    `pictures: (N, 3, H, W)` uint8 -> `global (N, C)` of unit length, and the stripes
    `local (N, H, c)`.
    """

    def __init__(self, network: AlignedReID):
        super().__init__()
        self.network = network

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features = self.network(self.network.prepare(pictures))
        return F.normalize(features.global_), features.local


def export(store: Store, folder: Path) -> Path:
    """Write the published network and what is known of it into `folder`; its path.

    Raises `ReproError` where it was not trained yet, or where the file does not say
    what the network says.
    """
    if not store.has(VARIANT, SEED):
        raise ReproError(
            f"{store.folder(VARIANT, SEED)}: no such network yet; train it: "
            f"python -m reprolib train {VARIANT} --seed {SEED}."
        )
    facts = store.model(VARIANT, SEED)
    box_error = facts["settings"]["box_error"]
    network = store.trained(VARIANT, SEED).networks[0]
    pictures = store.pixels("query", box_error).images[:CHECKED]
    path = folder / "aligned.onnx"
    error = write(network, pictures, path)
    tested = store.scores(VARIANT, SEED)["students"][0][f"{box_error:g}"]
    known = ("variant", "seed", "dataset", "profile", "settings", "code", "commit")
    described = {name: facts[name] for name in (*known, "date", "versions")} | {
        "scores": {kind: tested[kind] for kind in KINDS},
        "largest_error": float(f"{error:.2g}"),
        "bytes": path.stat().st_size,
        "sha256": checksum(path),
    }
    write_json(folder / "model.json", described)
    return path


def write(network: AlignedReID, pictures: torch.Tensor, path: Path) -> float:
    """Export `network` to `path`, unless it differs on `pictures: (N, 3, H, W)` uint8.

    Written aside, compared with torch, and renamed. Returns the largest difference of
    any number; raises `ReproError` beyond `LARGEST_ERROR`, and leaves `path` as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        aside = Path(folder, path.name)
        _export(network, pictures[:2], aside)
        error = difference(network, pictures, aside)
        if not error <= LARGEST_ERROR:
            raise ReproError(
                f"{path}: the exported network and torch differ by {error:.1g}; "
                f"expected {LARGEST_ERROR:g} at most. Nothing was written. Compare the "
                "versions of onnx, onnxscript and onnxruntime with requirements.lock."
            )
        os.replace(aside, path)
    return error


def difference(network: AlignedReID, pictures: torch.Tensor, path: Path) -> float:
    """The largest difference between `network` and the file at `path` on `pictures`."""
    expected = embed(network.cpu(), pictures)
    pairs = zip(expected, run(path, pictures), strict=True)
    return max(float((one - other).abs().max()) for one, other in pairs)


def run(path: Path, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """What the file at `path` says of `pictures: (N, 3, H, W)` uint8, by onnxruntime.

    `ReproError` where onnxruntime is missing.
    """
    runtime = _needed("onnxruntime")
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    found = session.run(["global", "local"], {"pictures": pictures.numpy()})
    return torch.from_numpy(found[0]), torch.from_numpy(found[1])


def _export(network: AlignedReID, pictures: torch.Tensor, path: Path) -> None:
    onnx, _ = _needed("onnx"), _needed("onnxscript")
    was_training = network.training
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of torch about torch
        program = torch.onnx.export(
            Embedding(network.cpu()).eval(),
            (pictures,),
            input_names=["pictures"],
            output_names=["global", "local"],
            opset_version=OPSET,
            dynamic_shapes=({0: "count"},),
            dynamo=True,
            verbose=False,
        )
    network.train(was_training)
    model = program.model_proto
    # Notes on where in the code each node comes from, with the paths of this machine.
    graph = model.graph
    values = (*graph.input, *graph.output, *graph.value_info, *graph.initializer)
    for part in (model, graph, *graph.node, *values):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    onnx.save(model, path)


def _needed(name: str):
    """An imported package of the development's requirements, or `ReproError`."""
    try:
        return __import__(name)
    except ImportError as error:
        raise ReproError(
            f"{name} is missing; it comes with the development's requirements: "
            "make setup."
        ) from error
