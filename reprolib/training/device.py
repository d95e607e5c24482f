"""Where a network is trained, and with how many bits."""

from contextlib import AbstractContextManager

import torch

from reprolib.settings import Schedule


def device() -> torch.device:
    """The fastest device at hand: CUDA, then Apple's MPS, then the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def precision(schedule: Schedule) -> AbstractContextManager:
    """Autocast to bfloat16 where it is asked for, or on CUDA by default.

    A CPU keeps all 32 bits, so that every processor comes to the same numbers.
    """
    where = device().type
    auto = where == "cuda" and torch.cuda.is_bf16_supported()
    half = {"auto": auto, "float32": False, "bfloat16": True}[schedule.precision]
    return torch.autocast(where, torch.bfloat16, enabled=half)
