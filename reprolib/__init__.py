"""AlignedReID, reproduced: the library behind the notebooks."""

__version__ = "1.0.0"
