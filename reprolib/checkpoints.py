"""Checkpoints: safetensors on disk, never pickle, and only for the same settings."""

import hashlib
import json
import os
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import safetensors
import torch
from safetensors.torch import save_file

from reprolib.errors import ReproError
from reprolib.networks import AlignedReID
from reprolib.profiles import Settings

NAME = "checkpoint.safetensors"
# What decides the weights beside the settings: other code starts anew.
CODE = (
    *("alignment", "backbones", "distances", "losses", "networks", "paths"),
    *("tiles", "training"),
    *("data/*", "data/drawing/*", "data/readers/*"),
)
NOT_OF_TRAINING = ("seeds", "doses", "study_queries", "study_candidates")


@dataclass
class Trained:
    """Networks after `step` batches, and what was logged on the way. Chapter 4."""

    settings: Settings
    seed: int
    networks: list[AlignedReID]
    history: list[dict[str, float]] = field(default_factory=list)

    @property
    def step(self) -> int:
        """Batches done."""
        return len(self.history)


@cache
def code_digest() -> str:
    """A short digest of the modules that decide what a network learns."""
    folder = Path(__file__).parent
    paths = sorted(path for name in CODE for path in folder.glob(f"{name}.py"))
    return hashlib.sha256(b"".join(p.read_bytes() for p in paths)).hexdigest()[:16]


def _identity(settings: Settings, seed: int) -> str:
    kept = {k: v for k, v in settings.as_dict().items() if k not in NOT_OF_TRAINING}
    return json.dumps({**kept, "seed": seed}, sort_keys=True)


def save(trained: Trained, folder: Path, optimisers: list | None = None) -> Path:
    """Write the checkpoint aside and rename it; optimisers only while unfinished."""
    tensors = {}
    for k, network in enumerate(trained.networks):
        for name, tensor in network.state_dict().items():
            tensors[f"student{k}.{name}"] = tensor.contiguous()
    for k, optimiser in enumerate(optimisers or []):
        for number, state in optimiser.state_dict()["state"].items():
            for name, tensor in state.items():
                tensors[f"adam{k}.{number}.{name}"] = tensor.contiguous()
    metadata = {
        "code": code_digest(),
        "settings": _identity(trained.settings, trained.seed),
        "history": json.dumps(trained.history),
    }
    Path(folder).mkdir(parents=True, exist_ok=True)
    path = Path(folder, NAME)
    aside = path.with_suffix(f".{os.getpid()}.tmp")
    save_file(tensors, aside, metadata)
    os.replace(aside, path)
    return path


def restore(trained: Trained, folder: Path, optimisers: list) -> None:
    """Fill networks, optimisers and history from the folder's checkpoint, if any.

    A checkpoint that older code wrote is passed over, so that training starts anew.
    Raises `ReproError` if the file is broken or belongs to other settings.
    """
    path = Path(folder, NAME)
    if not path.exists():
        return
    try:
        with safetensors.safe_open(path, "pt") as file:
            metadata = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, safetensors.SafetensorError) as error:
        raise ReproError(
            f"{path}: not a whole checkpoint ({error}); delete it and train again."
        ) from error
    if metadata["code"] != code_digest():
        return
    _refuse_other_settings(json.loads(metadata["settings"]), trained, path)
    trained.history = json.loads(metadata["history"])
    for k, (network, optimiser) in enumerate(
        zip(trained.networks, optimisers, strict=True)
    ):
        start = f"student{k}."
        network.load_state_dict(
            {n[len(start) :]: t for n, t in tensors.items() if n.startswith(start)}
        )
        states: dict[int, dict] = {}
        weights = list(network.parameters())
        for name, tensor in tensors.items():
            if name.startswith(f"adam{k}."):
                _, number, key = name.split(".")
                if tensor.dim():  # fused Adam wants its weight's memory format
                    tensor = torch.empty_like(weights[int(number)]).copy_(tensor)
                states.setdefault(int(number), {})[key] = tensor
        groups = optimiser.state_dict()["param_groups"]
        optimiser.load_state_dict({"state": states, "param_groups": groups})


def _refuse_other_settings(found: dict, trained: Trained, path: Path) -> None:
    wanted = json.loads(_identity(trained.settings, trained.seed))
    other = [k for k in sorted(found | wanted) if found.get(k) != wanted.get(k)]
    if other:
        key = other[0]
        raise ReproError(
            f"{path}: this checkpoint was trained with {key} = {found.get(key)!r}, but "
            f"{key} = {wanted.get(key)!r} was asked for; delete the folder or name "
            "another one with runs_root."
        )
