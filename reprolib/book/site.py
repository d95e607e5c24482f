"""The source of the published site: chapters and pages, laid out for Sphinx.

`make site` gathers them in `site/_source` and builds `site/_build` from there. What is
committed is the pages of `site/` and the executed notebooks; nothing is run here.
"""

import ast
import re
import shutil
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from reprolib.book import (
    bets,
    execute,
    exercise_notebooks,
    glossary,
    model_page,
    npm,
    publish,
    readme,
    site_exercises,
    site_links,
    site_outputs,
)
from reprolib.book.living import placing
from reprolib.errors import ReproError
from reprolib.study import verdicts
from reprolib.study.provenance import project_root
from reprolib.study.store import write_text

TREE = "\n```{toctree}\n:hidden:\n:glob:\n\n*\n```\n"
PARAMETER = re.compile(r"(\w+): \w+ = (.+?)  # (.+)")


def gather(source: Path | None = None) -> Path:
    """Lay the source of the site out anew in `source` (site/_source); that folder.

    Raises `ReproError` where there is no notebook yet or npm cannot be reached.
    """
    root = project_root()
    source = source or root / "site" / "_source"
    shutil.rmtree(source, ignore_errors=True)
    pages = shutil.ignore_patterns("_source", "_build", "screenshots")
    shutil.copytree(root / "site", source, ignore=pages)
    shutil.copytree(root / "figures", source / "figures")
    shutil.copytree(root / "notebooks" / "data_sets", source / "notebooks/data_sets")
    index = source / "notebooks" / "data_sets" / "index.md"
    write_text(index, index.read_text(encoding="utf-8") + TREE)
    found = sorted((root / "notebooks").glob("*.ipynb"))
    if not found:
        raise ReproError(
            f"{root}/notebooks holds no notebook; make them: make publish."
        )
    exercises = _downloads(found, source)
    for path in found:
        notebook = nbformat.read(path, as_version=4)
        page = adapted(notebook, int(path.stem[:2]))
        _offer(page, path.stem, path.stem in exercises)
        _link(page, {int(other.stem[:2]): other.stem for other in found}, path.stem)
        page = placing.place(page, int(path.stem[:2]))
        write_text(source / "notebooks" / path.name, nbformat.writes(page))
    for name, text in _parts().items():
        write_text(source / "_parts" / f"{name}.md", text + "\n")
    script = npm.package(npm.MATHJAX) / "es5" / "tex-svg.js"
    shutil.copy(script, source / "_static" / "tex-svg.js")
    model_page.gather(source)
    return source


def _downloads(found: list[Path], source: Path) -> set[str]:
    """Lay out what pages offer to take home; the chapters that have exercises."""
    made = exercise_notebooks.build(source / "downloads")
    names = {path.stem for path in made}
    for path in made:
        path.rename(path.with_stem(f"{path.stem}_exercises"))
    for path in found:
        shutil.copy(path, source / "downloads" / path.name)
    return names


def _parts() -> dict[str, str]:
    """What pages say of results and words, written from records and the glossary."""
    names = {int(name[:2]): name for name in execute.chapters()}
    words = glossary.table(glossary.load())
    return {
        "verdict": bets.text(),
        "claims": verdicts.table(readme.asked()),
        "results": readme.rows("drawn").replace(" ± ", "\u00a0±\u00a0"),
        "words": re.sub(
            r"(?<=\| )(\d+)(?= \|$)",
            lambda found: f"{{doc}}`{found[1]} </notebooks/{names[int(found[1])]}>`",
            words,
            flags=re.MULTILINE,
        ),
    }


def adapted(notebook: NotebookNode, chapter: int) -> NotebookNode:
    """A chapter as the site shows it: captions and exercises set, folded code closed.

    In a notebook the numbered caption is an output below the figure; here the figure
    itself carries it, under the same number.
    """
    for cell, caption in publish.captioned(notebook, chapter):
        cell.metadata["mystnb"]["figure"]["caption"] = caption
    cells = []
    for cell in notebook.cells:
        if cell.cell_type != "code":
            cell.source = site_exercises.blocks(cell.source, chapter)
            cells.append(cell)
        elif "parameters" in cell.metadata.get("tags", ()):
            cells.append(_parameters(cell))
        else:
            cells += _shown(cell)
    notebook.cells = cells
    return notebook


def _shown(cell: NotebookNode) -> list[NotebookNode]:
    """A cell of code, its tables aligned, its machinery closed, its sentences set.

    What a cell says beside its figure follows in a cell of its own.
    """
    tags, outputs, below = set(cell.metadata.get("tags", ())), [], []
    for output in cell.outputs:
        text = output.get("name") == "stdout" and site_outputs.said(output.text)
        if "text/html" in output.get("data", ()):
            output.data["text/html"] = site_outputs.aligned(output.data["text/html"])
        if text and "figure" in cell.metadata.get("mystnb", {}):
            below.append(nbformat.v4.new_markdown_cell(text))
        elif text:
            shown = {"text/html": text}
            outputs.append(nbformat.v4.new_output("display_data", shown))
        elif output.get("metadata") != publish.CAPTION:
            outputs.append(output)
    cell.outputs = outputs
    if _imports_only(cell.source):
        _close(cell, tags, "imports")
    elif cell.metadata.get("jupyter", {}).get("source_hidden"):
        _close(cell, tags, "code")
    if exercise_notebooks.TAG in tags:
        tags.add("hide-cell")
    cell.metadata["tags"] = sorted(tags)
    return [cell, *below]


def _close(cell: NotebookNode, tags: set[str], what: str) -> None:
    """Fold the code of a cell under a line that says `what` it is."""
    tags.add("hide-input")
    prompts = {f"code_prompt_{k.lower()}": f"{k} the {what}" for k in ("Show", "Hide")}
    cell.metadata["mystnb"] = {**cell.metadata.get("mystnb", {}), **prompts}


def _imports_only(source: str) -> bool:
    """Whether a cell does nothing but import; cells with magics do more."""
    try:
        lines = ast.parse(source).body
    except SyntaxError:
        return False
    return bool(lines) and all(
        isinstance(n, ast.Import | ast.ImportFrom) for n in lines
    )


def _parameters(cell: NotebookNode) -> NotebookNode:
    """The cell of parameters as a folded table: name, value, what it does."""
    rows = PARAMETER.findall(cell.source)
    values = {name: value.strip("\"'") for name, value, _ in rows}
    title = ", ".join(f"{k} {values[k]}" for k in ("profile", "dataset", "seed"))
    lines = [f":::{{dropdown}} The parameters of this run: {title}"]
    lines += ["| name | value | what it is |", "|:---|:---|:---|"]
    lines += [f"| `{n}` | {values[n] or 'empty'} | {text} |" for n, _, text in rows]
    lines += ["", "Other values: [one chapter, other parameters](/batch.md).", ":::"]
    return nbformat.v4.new_markdown_cell("\n".join(lines), id=cell.id)


def _offer(page: NotebookNode, name: str, exercises: bool) -> None:
    """Name the chapter's two notebooks below its title, as files to take home."""
    title, _, rest = page.cells[0].source.partition("\n")
    links = [f"{{download}}`The notebook </downloads/{name}.ipynb>`"]
    if exercises:
        file = f"/downloads/{name}_exercises.ipynb"
        links.append(f"{{download}}`its exercises, with blanks <{file}>`")
    offer = f"{{.downloads}}\n{' · '.join(links)}"
    page.cells[0].source = f"{title}\n\n{offer}\n{rest}"


def _link(page: NotebookNode, names: dict[int, str], own: str) -> None:
    """Put links to other chapters, functions and works into the words of a page."""
    others = {number: name for number, name in names.items() if name != own}
    cited: set[str] = set()
    for cell in page.cells:
        if cell.cell_type == "markdown":
            cell.source = site_links.linked(cell.source, others, cited)
