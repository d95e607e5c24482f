"""The files at the top: bounds, lock, targets, and which way imports point."""

import ast
import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from reprolib import data

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CONDA = {"pytorch": "torch", "bioconda::snakemake-minimal": "snakemake"}
MODULES = sorted((ROOT / "reprolib").rglob("*.py"))
# A module may import from its own row and the rows above.
ORDER = (
    "errors profiles progress machine",
    "data",
    "paths tiles alignment distances losses evaluation reranking protocols shots",
    "backbones networks matching",
    "checkpoints training records human reported measurements speed",
    "experiments figures leak",
    "notebooks",
    "publishing readme data_commands",
    "cli",
    "__main__",
)


def bounds():
    """Requirement by name, of pyproject.toml, with the tools of development."""
    texts = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]
    return {r.name: r for r in map(Requirement, texts)}


def test_environment_has_the_bounds_of_pyproject():
    lines = (ROOT / "environment.yml").read_text().splitlines()
    listed = [line[4:] for line in lines if line.startswith("  - ")]
    listed = [line for line in listed if line not in ("conda-forge", "pip")]
    found = dict(line.split(" ", 1) for line in listed)
    assert found.pop("python") == PROJECT["requires-python"]
    found = {CONDA.get(name, name): bound for name, bound in found.items()}
    for name, requirement in bounds().items():
        assert (
            Requirement(f"{name}{found.pop(name)}").specifier == requirement.specifier
        )
    assert found == {}


def test_lock_holds_names_and_versions_within_the_bounds():
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    lines = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines)
    locked = {k.lower(): v for k, v in (line.split("==") for line in lines)}
    for name, requirement in bounds().items():
        assert locked[name] in requirement.specifier, name
    assert (locked["torch"], locked["torchvision"]) == ("2.12.1", "0.27.1")
    assert not any(re.match("nvidia|cuda|triton", name) for name in locked)


def test_torch_and_torchvision_start_as_low_as_promised():
    found = bounds()
    assert "2.11.0" in found["torch"].specifier
    assert "0.26.0" in found["torchvision"].specifier


def test_help_lists_every_target():
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True)
    text = (ROOT / "Makefile").read_text()
    targets = re.search(r"^\.PHONY: (.*)", text, re.M)[1].split()
    for target in set(targets) - {"book"}:
        assert re.search(rf"^  {target} +\w", done.stdout, re.M), target


def test_ci_runs_the_tests_and_the_smoke_book_drawn_and_joined():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    text = script.read_text()
    assert "set -euo pipefail" in text
    for line in ("make test", "make reproduce PROFILE=smoke", "reprolib check"):
        assert line in text
    joined = re.search(r"^joined=(\S+)$", text, re.M)[1]
    assert len(data.parts(joined)) == 4 and 'DATASET="$joined"' in text


def test_readme_starts_with_the_two_commands():
    text = (ROOT / "README.md").read_text()
    assert "make reproduce" in text
    assert "make test" in text


def rank(module):
    names = [row.split() for row in ORDER]
    return next(k for k, row in enumerate(names) if module in row)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_is_small_and_imports_nothing_above_it(path):
    text = path.read_text()
    assert len(text.splitlines()) <= 300
    own = path.relative_to(ROOT / "reprolib").parts[0].removesuffix(".py")
    if own == "__init__":
        return
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.ImportFrom) or not node.module:
            continue
        parts = node.module.split(".")
        if parts[0] != "reprolib":
            continue
        used = parts[1:2] or [alias.name for alias in node.names]
        for module in used:
            if module != "__version__":
                assert rank(module) <= rank(own), f"{own} imports {module}"


def test_nothing_is_unpickled_but_bare_weights():
    for path in MODULES:
        text = path.read_text()
        assert not re.search(r"torch\.save\(|import pickle|joblib", text), path
        loads = re.findall(r"torch\.load\((.*)", text)
        assert all("weights_only=True" in call for call in loads), path
