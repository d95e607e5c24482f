"""Tracklets: many frames of one person by one camera, scored as one picture."""

import numpy as np
import pandas as pd
import torch
from torch.nn.functional import normalize

from reprolib.data.pictures import Pixels


def pool_tracklets(features, tracklets, pids, camids):
    """Average the features of each tracklet's frames and scale them to unit length.

    features: (N, ..., C); tracklets, pids, camids: (N,). Frames of one tracklet agree
    in all three, and tracklet 0 marks a picture on its own -> (T, ..., C), in the
    order of the first frames. How the paper pools MARS is not known. Chapter 6.
    """
    number, first = _numbers(tracklets, pids, camids)
    total = features.new_zeros(len(first), *features.shape[1:])
    # Unit length makes the mean of the sum.
    return normalize(total.index_add_(0, number, features), dim=-1)


def by_tracklet(pixels: Pixels) -> Pixels:
    """One picture a tracklet, its first frame, with all of them in `frames`.

    Pictures without tracklets are returned as they are. Labels and pictures then fit
    the rows of the pooled features. Chapter 6.
    """
    if pixels.tracklets is None or not pixels.tracklets.any():
        return pixels
    _, first = _numbers(pixels.tracklets, pixels.pids, pixels.camids)
    columns = pixels.images, pixels.pids, pixels.camids, pixels.tracklets
    return Pixels(*(column[first] for column in columns), frames=pixels)


def _numbers(tracklets, pids, camids):
    """The number of each frame's tracklet (N,), and their first frames (T,)."""
    frames = pd.DataFrame({"of": tracklets, "pid": pids, "camid": camids})
    frames["alone"] = frames.index.where(frames["of"] == 0, -1)
    number = frames.groupby(list(frames), sort=False).ngroup()
    first = np.flatnonzero(~frames.duplicated())
    return torch.tensor(number.to_numpy()), torch.from_numpy(first)
