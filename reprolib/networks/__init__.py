"""The network: a backbone, a global branch and a local branch. Chapter 3."""

from reprolib.networks.aligned_reid import AlignedReID, Features, build
from reprolib.networks.cost import cost

__all__ = ["AlignedReID", "Features", "build", "cost"]
