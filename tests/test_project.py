"""The files at the top: bounds, lock, targets; and the rooms of the library."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from reprolib import data

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "reprolib"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SLURM = "snakemake-executor-plugin-slurm"
CONDA = {
    "pytorch": "torch",
    "playwright-python": "playwright",
    "bioconda::snakemake-minimal": "snakemake",
    f"bioconda::{SLURM}": SLURM,
}
READ = ".toml", ".csv", ".json", ".html", ".css", ".js"
FILES = sorted(PACKAGE.rglob("*.py"))
# A room may import from its own row and the rows above.
ROOMS = (
    "errors",
    "settings",
    "alignment",
    "losses reranking",
    "data",
    "networks",
    "training",
    "evaluation",
    "study",
    "human",
    "book",
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


def test_the_program_is_there():
    module, _, function = PROJECT["scripts"]["reprolib"].partition(":")
    assert callable(getattr(import_module(module), function))


def test_every_fact_that_the_library_reads_is_packed():
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    packed = set()
    for package, patterns in tool["package-data"].items():
        folder = ROOT.joinpath(*package.split("."))
        packed |= {file for pattern in patterns for file in folder.glob(pattern)}
    facts = {f for f in PACKAGE.rglob("*") if f.suffix in READ}
    assert facts == packed and facts


def test_help_lists_every_target():
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True)
    text = (ROOT / "Makefile").read_text()
    targets = re.search(r"^\.PHONY: (.*)", text, re.M)[1].split()
    for target in set(targets) - {"book"}:
        assert re.search(rf"^  {target} +\w", done.stdout, re.M), target


# The continuous check.

FAKE = """#!/bin/sh
[ "$REQUIRE_BROWSER" ] || exit 1  # what is skipped here would never be seen
echo "${{ONEDNN_MAX_CPU_ISA-any}} {name} $*" >> "{log}"
[ "$1" != "$FAILS" ]
"""


@pytest.fixture
def ci(tmp_path):
    """Runs .ci/run where make and python only write down how they were called."""
    log = tmp_path / "log"
    for path in ("bin/make", "bin/chromium", "bin/npm", ".venv/bin/python"):
        fake = tmp_path / path
        fake.parent.mkdir(parents=True, exist_ok=True)
        fake.write_text(FAKE.format(name=fake.name, log=log))
        fake.chmod(0o755)
    (tmp_path / "tests").mkdir()
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")

    def run(fails="nothing"):
        log.unlink(missing_ok=True)
        env = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "FAILS": fails}
        done = subprocess.run([tmp_path / ".ci" / "run"], env=env, capture_output=True)
        return done.returncode, log.read_text().splitlines()

    return run


def test_ci_runs_the_tests_twice_and_the_smoke_book_drawn_and_joined(ci):
    status, calls = ci()
    assert status == 0
    assert calls[:3] == [
        "any make test",
        "AVX2 make test",
        "AVX2 make reproduce PROFILE=smoke",
    ]
    joined = next(c for c in calls if "make reproduce" in c and "DATASET=" in c)
    name = re.search(r"DATASET=(\S+)", joined)[1]
    assert "PROFILE=smoke" in joined and len(data.parts(name)) == 4
    checks = [c for c in calls if "-m reprolib check" in c]
    assert len(checks) == 2 and f"--dataset {name}" in checks[1]
    for part in data.parts(name):
        assert any(f"-m reprolib data check {part} " in call for call in calls), part


@pytest.mark.parametrize(("fails", "calls"), [("test", 1), ("reproduce", 3)])
def test_ci_stops_at_the_first_failure(ci, fails, calls):
    status, called = ci(fails)
    assert status != 0 and len(called) == calls


# The rooms of the library.


def name_of(path):
    """The dotted name of a file of the library."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in FILES}


def imported(path):
    """The modules of the library that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path} imports from a dot"
            each = (f"{node.module}.{alias.name}" for alias in node.names)
            names = [name if name in MODULES else node.module for name in each]
        else:
            continue
        # The package itself has nothing but the version.
        yield from (n for n in names if n.startswith("reprolib."))


GRAPH = {name: set(imported(path)) for name, path in MODULES.items()}


def test_every_entry_of_the_library_is_a_room():
    entries = {p.name for p in PACKAGE.iterdir() if p.name != "__pycache__"}
    assert len(entries) <= 14
    rooms = " ".join(ROOMS).split()
    found = [p if p in entries else f"{p}.py" for p in rooms]
    assert entries == {"__init__.py", *found}


def floor(module):
    room = module.split(".")[1]
    return next(k for k, row in enumerate(ROOMS) if room in row.split())


@pytest.mark.parametrize("module", sorted(MODULES.keys() - {"reprolib"}))
def test_a_module_imports_from_its_own_row_of_rooms_or_above(module):
    for other in GRAPH[module]:
        assert other in MODULES, f"{module} imports {other}, which is not there"
        assert floor(other) <= floor(module), f"{module} imports {other}"


def test_no_modules_import_each_other_in_a_circle():
    TopologicalSorter(GRAPH).prepare()  # raises CycleError, which names the circle


def functions(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            yield node


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_module_and_its_functions_are_small(path):
    assert len(path.read_text().splitlines()) <= 300
    for function in functions(path):
        # What is said about it does not count.
        told = function.body[0] if ast.get_docstring(function) else None
        said = told.end_lineno - told.lineno + 1 if told else 0
        lines = function.end_lineno - function.lineno + 1 - said
        assert lines <= 45, f"{function.name} has {lines} lines"


def test_nothing_is_unpickled_but_bare_weights():
    for path in FILES:
        text = path.read_text()
        assert not re.search(r"torch\.save\(|import pickle|joblib", text), path
        loads = re.findall(r"torch\.load\((.*)", text)
        assert all("weights_only=True" in call for call in loads), path


# The order of the chapters.


def test_a_chapter_runs_after_those_whose_results_it_reads(tmp_path):
    words = [sys.executable, "-m", "snakemake", "--rulegraph", "--cores", "1"]
    done = subprocess.run(
        [*words, "--config", f"runs={tmp_path}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    names = dict(re.findall(r'^\s*(\d+)\[label = "chapter_(\w+)"', done.stdout, re.M))
    before = {name: set() for name in names.values()}
    for first, then in re.findall(r"^\s*(\d+) -> (\d+)", done.stdout, re.M):
        if {first, then} <= set(names):
            before[names[then]].add(names[first])
    done_then = {}
    for name in TopologicalSorter(before).static_order():
        done_then[name] = before[name].union(*(done_then[b] for b in before[name]))
    assert set(done_then) == {p.stem for p in (ROOT / "notebooks").glob("*.py")}
    for name, earlier in done_then.items():
        code = (ROOT / "notebooks" / f"{name}.py").read_text()
        named = {other for other in done_then if f'"{other}"' in code} - {name}
        assert named <= earlier, f"{name} does not wait for {named - earlier}"
