"""Checkpoints: safetensors on disk, never pickle, written aside and renamed."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import safetensors
import torch
from safetensors.torch import save_file

from reprolib.errors import ReproError
from reprolib.networks import AlignedReID

NAME = "checkpoint.safetensors"


@dataclass
class Trained:
    """Networks after `step` batches, and what was logged on the way. Chapter 4."""

    networks: list[AlignedReID]
    history: list[dict[str, float]] = field(default_factory=list)

    @property
    def step(self) -> int:
        """Batches done."""
        return len(self.history)


def save(trained: Trained, folder: Path, adam: torch.optim.Adam | None = None) -> None:
    """Write the checkpoint of `folder`; with the state of `adam` while unfinished."""
    tensors = {}
    for k, network in enumerate(trained.networks):
        for name, tensor in network.state_dict().items():
            tensors[f"student{k}.{name}"] = tensor.contiguous()
    for number, state in adam.state_dict()["state"].items() if adam else ():
        for name, tensor in state.items():
            tensors[f"adam.{number}.{name}"] = tensor.contiguous()
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f"{NAME}.{os.getpid()}.tmp"
    save_file(tensors, aside, {"history": json.dumps(trained.history)})
    os.replace(aside, folder / NAME)


def restore(trained: Trained, folder: Path, adam: torch.optim.Adam) -> None:
    """Fill networks, history and `adam` from the checkpoint of `folder`, if any.

    Raises `ReproError` if the file is broken.
    """
    path = folder / NAME
    if not path.exists():
        return
    try:
        with safetensors.safe_open(path, "pt") as file:
            history = json.loads(file.metadata()["history"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, safetensors.SafetensorError) as error:
        raise ReproError(
            f"{path}: not a whole checkpoint ({error}); delete it and train again."
        ) from error
    trained.history[:] = history
    for k, network in enumerate(trained.networks):
        network.load_state_dict(_below(tensors, f"student{k}."))
    states: dict[int, dict] = {}
    weights = [w for group in adam.param_groups for w in group["params"]]
    for name, tensor in _below(tensors, "adam.").items():
        number, _, key = name.partition(".")
        if tensor.dim():  # fused Adam wants its weight's memory format
            tensor = torch.empty_like(weights[int(number)]).copy_(tensor)
        states.setdefault(int(number), {})[key] = tensor
    groups = adam.state_dict()["param_groups"]
    adam.load_state_dict({"state": states, "param_groups": groups})


def _below(tensors: dict, start: str) -> dict:
    return {k.removeprefix(start): t for k, t in tensors.items() if k.startswith(start)}
