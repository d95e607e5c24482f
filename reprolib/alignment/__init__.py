"""Stripe distances and shortest paths: what the method is named for. Chapter 2."""

from reprolib.alignment.local import (
    local_distance,
    paired_local_distance,
    paired_rigid_distance,
    paired_whole_distance,
    rigid_distance,
    shortest_path,
    stripe_distances,
    trace_path,
)
from reprolib.alignment.warping import (
    paired_warped_distance,
    warped_distance,
    warped_path,
)

__all__ = [
    "local_distance",
    "paired_local_distance",
    "paired_rigid_distance",
    "paired_warped_distance",
    "paired_whole_distance",
    "rigid_distance",
    "shortest_path",
    "stripe_distances",
    "trace_path",
    "warped_distance",
    "warped_path",
]
