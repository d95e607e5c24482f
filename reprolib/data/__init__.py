"""Data sets by name, and what becomes of their pictures before a network sees them."""

from reprolib.data.dataset import Dataset, Picture
from reprolib.data.registry import drawn_spec, open_dataset, parts

__all__ = ["Dataset", "Picture", "drawn_spec", "open_dataset", "parts"]
