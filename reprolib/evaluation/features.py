"""Features of the pictures of a set, and the kinds of distance between two sets."""

from typing import NamedTuple

import torch
import torch.nn.functional as F

from reprolib import alignment
from reprolib.alignment.distances import euclidean
from reprolib.data.pictures import Pixels
from reprolib.data.tracklets import pool_tracklets
from reprolib.errors import ReproError
from reprolib.networks import AlignedReID

# A local branch can be tested by any of three paths, alone or beside the global vector.
PATHS = {
    "aligned": alignment.local_distance,
    "unaligned": alignment.rigid_distance,
    "warped": alignment.warped_distance,
}
EVERY_KIND = ("global", *PATHS, *(f"global+{path}" for path in PATHS))
KINDS = tuple(kind for kind in EVERY_KIND if "warped" not in kind)  # of the chapters


class Embedded(NamedTuple):
    """Features of N pictures, of unit length: `global_ (N, C)`, `local (N, H, c)`."""

    global_: torch.Tensor
    local: torch.Tensor


@torch.inference_mode()
def embed(network: AlignedReID, images: torch.Tensor, batch: int = 128) -> Embedded:
    """Features for matching; global ones are scaled to unit length.

    `images: (N, 3, H, W)` uint8. Stripes are as the network makes them.
    Runs where the network is, in evaluation mode. Taught in chapter 4.
    """
    was_training = network.training
    network.eval()
    parts = []
    for some in images.split(batch):
        features = network(network.prepare(some))
        parts.append((F.normalize(features.global_).cpu(), features.local.cpu()))
    network.train(was_training)
    return Embedded(*(torch.cat(part) for part in zip(*parts, strict=True)))


def embed_split(network: AlignedReID, pixels: Pixels) -> Embedded:
    """The features of a split, ready for `distance`. Chapters 4 to 7.

    Where the pictures stand for tracklets, a row is the mean of a tracklet's frames.
    """
    if pixels.frames is None:
        return embed(network, pixels.images)
    frames = pixels.frames
    labels = frames.tracklets, frames.pids, frames.camids
    parts = embed(network, frames.images)
    return Embedded(*(pool_tracklets(part, *labels) for part in parts))


def distance(kind: str, query: Embedded, gallery: Embedded) -> torch.Tensor:
    """The (Q, G) distance matrix of one kind; `EVERY_KIND` lists them. Chapters 4 to 7.

    `global` is Euclidean, `aligned` the shortest path over the stripes, `unaligned`
    the sum over stripes of equal number, `warped` a path that may step diagonally;
    `global+...` adds two distances.
    """
    if kind not in EVERY_KIND:
        known = ", ".join(EVERY_KIND)
        raise ReproError(f"unknown kind {kind!r}; expected one of {known}.")
    total = None
    for part in kind.split("+"):
        if part == "global":
            one = euclidean(query.global_, gallery.global_)
        else:
            one = PATHS[part](query.local, gallery.local)
        total = one if total is None else total.add_(one)
    return total
