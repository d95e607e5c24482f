"""What is committed: pairs, their outputs and figures; and what publishes them."""

import ast
import base64
import json
import re
import shutil
from pathlib import Path

import book
import jupytext
import nbformat
import pytest

from reprolib.book import execute, publish
from reprolib.data import digest
from reprolib.errors import ReproError
from reprolib.study import provenance

ROOT = provenance.project_root()
CHAPTERS = [ROOT / "notebooks" / f"{name}.py" for name in execute.chapters()]
IDS = [path.stem for path in CHAPTERS]
MACHINE = re.compile(r"(?<![\w.:/])/(?:home|root|tmp|work|mnt|var|Users)/\w")
IMAGES = ("image/png", "image/svg+xml")
FIGURE = """
# %% mystnb={"figure": {"name": "dot", "caption": "A dot."}, "image": {"alt": "dot"}}
import base64
from IPython.display import Image
Image(base64.b64decode("PNG"))
"""
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6"
    "kgAAAABJRU5ErkJggg=="
)


def read(py):
    return nbformat.read(py.with_suffix(".ipynb"), as_version=4)


def captioned(notebook):
    """Name, caption and alt text of every figure, or None where one is missing."""
    for cell in notebook.cells:
        meta = cell.metadata.get("mystnb", {})
        figure, image = meta.get("figure", {}), meta.get("image", {})
        if figure or any(k in o.get("data", ()) for o in cell.get("outputs", ())
                         for k in IMAGES):  # fmt: skip
            yield figure.get("name"), figure.get("caption"), image.get("alt")


@pytest.mark.parametrize("py", CHAPTERS, ids=IDS)
def test_a_pair_is_one_chapter_published_from_todays_source(py):
    publish.check_pair(py, py.with_suffix(".ipynb"))
    assert publish.check_executed(py.with_suffix(".ipynb")) > 3
    facts = read(py).metadata["reprolib"]
    assert facts["code"] == publish.code_digest(py), "run `make publish`"
    assert (facts["profile"], facts["dataset"]) == ("quick", "drawn")
    assert {*publish.FACTS} < {*facts}


@pytest.mark.parametrize("py", CHAPTERS, ids=IDS)
def test_a_committed_notebook_is_small_clean_and_of_kernel_python3(py):
    path = py.with_suffix(".ipynb")
    assert path.stat().st_size < 1_500_000
    notebook = read(py)
    assert notebook.metadata.kernelspec.name == "python3"
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = {k: v for k, v in output.get("data", {}).items() if k not in IMAGES}
            text = json.dumps([output.get("text", ""), data])
            assert not MACHINE.search(text), MACHINE.search(text)
            assert output.get("name") != "stderr", output["text"]


@pytest.mark.parametrize("py", CHAPTERS, ids=IDS)
def test_parameters_have_types_and_help(py):
    notebook = execute.load(py)
    names = execute.parameters(notebook, py)
    assert list(names)[:5] == ["profile", "dataset", "data_root", "runs_root", "seed"]
    (cell,) = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    for line in cell.source.splitlines():
        assert re.fullmatch(r"\w+: \w[\w\[\], ]* = [^#]+  # .{5,}", line), line
    assert all(isinstance(s, ast.AnnAssign) for s in ast.parse(cell.source).body)


@pytest.mark.parametrize("py", CHAPTERS, ids=IDS)
def test_cells_are_small(py):
    for cell in execute.load(py).cells:
        lines = cell.source.splitlines()
        assert len(lines) <= 25, cell.source
        for line in lines:
            assert len(line) <= 88 or line.startswith("|"), line


@pytest.mark.parametrize("py", CHAPTERS, ids=IDS)
def test_every_caption_stands_below_its_figure(py):
    figures = [c for c in read(py).cells if c.metadata.get("mystnb", {}).get("figure")]
    for number, cell in enumerate(figures, 1):
        said = cell.outputs[-1].data["text/markdown"]
        caption = cell.metadata["mystnb"]["figure"]["caption"]
        assert said == f"**Figure {int(py.stem[:2])}.{number}.** {caption}"


@pytest.mark.parametrize("py", CHAPTERS, ids=IDS)
def test_code_that_draws_opens_records_or_is_tagged_is_folded_and_no_other(py):
    folded = {
        number: bool(cell.metadata.get("jupyter", {}).get("source_hidden"))
        for number, cell in enumerate(read(py).cells)
    }
    cells = jupytext.read(py).cells
    drawn = {n for n, c in enumerate(cells) if "figure" in c.metadata.get("mystnb", {})}
    tags = {n: c.metadata.get("tags", ()) for n, c in enumerate(cells)}
    tagged = {n for n, some in tags.items() if "machinery" in some}
    code = {n: c.source for n, c in enumerate(cells) if c.cell_type == "code"}
    opened = [n for n, source in code.items() if "= book.open(" in source]
    record = [n for n, source in code.items() if "run.write(" in source]
    assert len(opened) == len(record) == 1
    assert {n for n, is_folded in folded.items() if is_folded} == {
        *drawn, *tagged, *opened, *record
    }  # fmt: skip


@pytest.mark.parametrize("py", CHAPTERS, ids=IDS)
def test_every_figure_has_name_caption_and_alt_text(py):
    figures = list(captioned(read(py)))
    for name, caption, alt in figures:
        assert re.fullmatch(r"[a-z0-9]+([-_][a-z0-9]+)*", name or ""), (name, alt)
        assert len(caption or "") > 10, name
        assert len(alt or "") > 10, name
    names = [name for name, _, _ in figures]
    assert len(set(names)) == len(names)


def test_figures_are_those_of_the_committed_notebooks():
    manifest = json.loads((ROOT / "figures" / "manifest.json").read_text())
    listed = {entry["file"] for entry in manifest["figures"]}
    assert listed == {p.name for p in (ROOT / "figures").glob("*.*")} - {
        "manifest.json"
    }
    drawn = {py.stem: [name for name, _, _ in captioned(read(py))] for py in CHAPTERS}
    expected = {f"{stem[:2]}_{name}" for stem, names in drawn.items() for name in names}
    assert {file.rsplit(".", 1)[0] for file in listed} == expected
    for entry in manifest["figures"]:
        notebook = read(ROOT / "notebooks" / f"{entry['chapter']}.py")
        meta = notebook.cells[entry["cell"]].metadata["mystnb"]
        assert entry["caption"] == meta["figure"]["caption"]
        assert entry["alt"] == meta["image"]["alt"]
        assert entry["commit"] == notebook.metadata["reprolib"]["commit"]
        assert entry["parameters"]["profile"] == "quick"
        assert entry["run"]


@pytest.fixture(scope="module")
def run_once(tmp_path_factory):
    """A project of one chapter with one figure, as a run leaves it."""
    root = tmp_path_factory.mktemp("project")
    folder = book.project(root)
    book.chapter(folder, "00_start", FIGURE.replace("PNG", PNG))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        execute.run_chapter("00_start")
    return root


@pytest.fixture
def ran(run_once, tmp_path, monkeypatch):
    """The chapter of a copy of that project."""
    shutil.copytree(run_once, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "notebooks" / "00_start.py"


def test_publish_refreshes_notebooks_and_figures(ran, tmp_path):
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "00_old.png").touch()
    assert publish.publish() == 1
    publish.check_pair(ran, ran.with_suffix(".ipynb"))
    notebook = read(ran)
    facts = notebook.metadata["reprolib"]
    assert facts["code"] == publish.code_digest(ran)
    assert {*publish.FACTS} < {*facts}
    assert "papermill" not in notebook.metadata
    kept = {"tags", "mystnb", "jupyter"}
    assert all(set(c.metadata) <= kept for c in notebook.cells)
    files = sorted(p.name for p in (tmp_path / "figures").iterdir())
    assert files == ["00_dot.png", "manifest.json"]
    shown = notebook.cells[3].outputs[-1]
    assert shown.data["text/markdown"] == "**Figure 0.1.** A dot."
    image = (tmp_path / "figures" / "00_dot.png").read_bytes()
    assert image == base64.b64decode(PNG)
    (entry,) = json.loads((tmp_path / "figures/manifest.json").read_text())["figures"]
    assert (entry["chapter"], entry["cell"]) == ("00_start", 3)
    assert (entry["caption"], entry["alt"]) == ("A dot.", "dot")
    assert sorted(p.name for p in tmp_path.glob(".publish-*")) == []

    # A changed sentence asks for no new run: `make notebooks` brings it in.
    ran.write_text(ran.read_text().replace("# # A chapter", "# # Another, title"))
    publish.sync(ran)
    publish.check_pair(ran, ran.with_suffix(".ipynb"))
    assert read(ran).cells[3].outputs == notebook.cells[3].outputs
    assert publish.check_executed(ran.with_suffix(".ipynb")) == 4
    assert read(ran).metadata["reprolib"]["code"] == publish.code_digest(ran)
    # So does a changed caption, and it stands below the figure.
    ran.write_text(ran.read_text().replace("A dot.", "One dot."))
    publish.sync(ran)
    *_, shown = read(ran).cells[3].outputs
    assert shown.data["text/markdown"] == "**Figure 0.1.** One dot."
    assert len(read(ran).cells[3].outputs) == len(notebook.cells[3].outputs)
    # A changed cell loses its outputs, the others keep theirs, and the digest tells.
    ran.write_text(ran.read_text().replace("run.write({", 'run.write({"more": 1, '))
    publish.sync(ran)
    assert read(ran).cells[3].outputs[:-1] == notebook.cells[3].outputs[:-1]
    assert read(ran).metadata["reprolib"]["code"] != publish.code_digest(ran)
    with pytest.raises(ReproError, match="did not run in its turn"):
        publish.check_executed(ran.with_suffix(".ipynb"))

    # What ran is no longer the source, so it is not published again.
    with pytest.raises(ReproError, match="cell 1 of 00_start"):
        publish.publish()


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A copy of the library, on whose rooms the digest of a chapter depends."""
    copy = tmp_path / "reprolib"
    package = Path(publish.__file__).parents[1]
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(publish, "ROOMS", [str(copy / room) for room in publish.ROOMS])
    return copy


def test_prose_keeps_the_published_digest_and_code_changes_it(tmp_path, library):
    py = book.chapter(tmp_path, "00_start")
    published = publish.code_digest(py)
    py.write_text(py.read_text().replace("# # A chapter", "# # A chapter, and more"))
    assert publish.code_digest(py) == published
    py.write_text(py.read_text().replace("run.write({", "run.write({1: 2, "))
    assert publish.code_digest(py) != published


@pytest.mark.parametrize(
    ("file", "counts"),
    [
        ("evaluation/market.py", True),
        ("evaluation/statistics.py", True),
        ("alignment/local.py", True),
        ("settings/profiles.toml", True),
        ("losses.py", True),
        ("human/simulated.py", True),
        ("study/headline.py", True),
        ("training/loop.py", True),
        ("book/figures.py", True),
        ("book/reported.csv", True),
        ("book/cli.py", False),
        ("book/publish.py", False),
    ],
)
def test_a_changed_library_asks_for_a_new_run(tmp_path, library, file, counts):
    py = book.chapter(tmp_path, "00_start")
    digest.code.cache_clear()
    published = publish.code_digest(py)
    with (library / file).open("a") as changed:
        changed.write("# a change\n")
    digest.code.cache_clear()
    assert (publish.code_digest(py) != published) == counts


def test_every_room_of_the_digest_is_there():
    package = Path(publish.__file__).parents[1]
    for room in publish.ROOMS:
        assert (package / room).exists(), room


def test_publish_changes_nothing_when_a_chapter_did_not_run(ran, tmp_path):
    book.chapter(ran.parent, "01_data")
    with pytest.raises(ReproError, match="01_data"):
        publish.publish()
    assert not ran.with_suffix(".ipynb").exists()
    assert not (tmp_path / "figures").exists()


@pytest.mark.parametrize("change", ["source", "caption", "kind", "more", "missing"])
def test_a_pair_that_differs_is_told(tmp_path, change):
    py = book.chapter(tmp_path, "00_start", FIGURE)
    publish.sync(py)
    target = py.with_suffix(".ipynb")
    notebook = nbformat.read(target, as_version=4)
    if change == "source":
        notebook.cells[2].source += "\n1"
    elif change == "caption":
        notebook.cells[3].metadata["mystnb"]["figure"]["caption"] = "Other."
    elif change == "kind":
        notebook.cells[0] = nbformat.v4.new_code_cell(notebook.cells[0].source)
    elif change == "more":
        notebook.cells.append(nbformat.v4.new_markdown_cell("more"))
    nbformat.write(notebook, target)
    if change == "missing":
        target.unlink()
    with pytest.raises(ReproError, match=r"00_start\.ipynb"):
        publish.check_pair(py, target)


@pytest.mark.parametrize("change", ["skipped", "order", "error", "empty"])
def test_a_notebook_that_did_not_run_whole_is_told(tmp_path, change):
    cells = [nbformat.v4.new_code_cell("1", execution_count=k) for k in (1, 2, 3)]
    if change == "skipped":
        cells[1].execution_count = None
    elif change == "order":
        cells[1].execution_count = 4
    elif change == "error":
        cells[2].outputs = [nbformat.v4.new_output("error", ename="E", evalue="")]
    path = tmp_path / "00_start.ipynb"
    notebook = nbformat.v4.new_notebook(cells=[] if change == "empty" else cells)
    nbformat.write(notebook, path)
    with pytest.raises(ReproError, match="cell"):
        publish.check_executed(path)


def test_jupytext_keeps_tags_and_captions_and_no_other_metadata(tmp_path):
    py = book.chapter(tmp_path, "00_start", FIGURE)
    settings = jupytext.config.load_jupytext_configuration_file(
        str(ROOT / "jupytext.toml")
    )
    notebook = execute.load(py)
    notebook.cells[3].metadata["scrolled"] = True
    text = jupytext.writes(notebook, "py:percent", config=settings)
    assert '"alt": "dot"' in text
    assert 'tags=["parameters"]' in text
    assert "scrolled" not in text
