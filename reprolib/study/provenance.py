"""What a result depends on beside its settings: versions, commit, hardware."""

import os
import platform
import subprocess
import tomllib
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path

from reprolib import __version__
from reprolib.errors import ReproError

CODE = ("reprolib", "notebooks/*.py", "Snakefile")


def project_root() -> Path:
    """This book's folder: the one above the current folder, or else the package's."""
    here, package = Path.cwd(), Path(__file__).resolve().parent
    for folder in (here, *here.parents, *package.parents):
        if _is_ours(folder):
            return folder
    raise ReproError(
        f"no project around {here}: expected a folder with notebooks/ and the "
        "pyproject.toml of reprolib above it. Start from the repository."
    )


def _is_ours(folder: Path) -> bool:
    file = folder / "pyproject.toml"
    if not (file.is_file() and (folder / "notebooks").is_dir()):
        return False
    try:
        project = tomllib.loads(file.read_text(encoding="utf-8")).get("project", {})
    except (OSError, ValueError):
        return False
    return project.get("name") == "reprolib"


def facts() -> dict:
    """Date, commit, versions and hardware, for a record."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        **git_state(project_root()),
        "versions": versions(),
        "hardware": hardware(),
    }


def versions() -> dict[str, str]:
    """The versions that results depend on."""
    found = {"reprolib": __version__, "python": platform.python_version()}
    return found | {k: metadata.version(k) for k in ("torch", "torchvision", "numpy")}


@cache
def git_state(root: Path) -> dict:
    """The commit of `root`, and whether its code differs; `unknown` outside git."""

    def git(*words: str) -> str:
        command = ["git", "-C", str(root), *words]
        return subprocess.run(
            command, capture_output=True, text=True, check=True
        ).stdout

    try:
        commit = git("rev-parse", "HEAD").strip()
        return {"commit": commit, "dirty": bool(git("status", "-s", "--", *CODE))}
    except (OSError, subprocess.CalledProcessError):
        return {"commit": "unknown", "dirty": True}


def cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def hardware() -> dict:
    """Processor, cores this process may use, memory in GB, and the device of torch."""
    import torch

    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if "model name" in line]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    device = "CPU"
    if torch.cuda.is_available():
        device = torch.cuda.get_device_name(0)
    elif torch.backends.mps.is_available():
        device = "Apple GPU"
    return {
        "cpu": names[0] if names else platform.processor() or platform.machine(),
        "cores": cores(),
        "memory_gb": round(memory / 2**30, 1),
        "device": device,
    }
