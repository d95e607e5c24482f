"""The source of the published site: chapters and pages, laid out for Sphinx.

`make site` gathers them in `site/_source` and builds `site/_build` from there. What is
committed is the pages of `site/` and the executed notebooks; nothing is run here.
"""

import io
import json
import shutil
import subprocess
import tarfile
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from reprolib.book import exercise_notebooks, readme
from reprolib.errors import ReproError
from reprolib.study import claims
from reprolib.study.provenance import project_root
from reprolib.study.store import write_text

MATHJAX = "mathjax@3.2.2"
SCRIPT = "package/es5/tex-svg.js"
CAPTION = {"reprolib": "caption"}
# The claims whose outcome stands on the front page.
ASKED = ("testing-bad", "testing", "training", "global-aligned", "mutual")
# Folded code says what it is; a solution is closed with all that it prints.
TREE = "\n```{toctree}\n:hidden:\n:glob:\n\n*\n```\n"
PROMPTS = {"code_prompt_show": "Show the code", "code_prompt_hide": "Hide the code"}


def gather(root: Path | None = None) -> Path:
    """Lay the source of the site out anew; the folder it lies in.

    Raises `ReproError` where a chapter's notebook is missing or npm cannot be reached.
    """
    root = root or project_root()
    source = root / "site" / "_source"
    shutil.rmtree(source, ignore_errors=True)
    pages = shutil.ignore_patterns("_source", "_build")
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
    for path in found:
        page = adapted(nbformat.read(path, as_version=4), int(path.stem[:2]))
        write_text(source / "notebooks" / path.name, nbformat.writes(page))
    for path in exercise_notebooks.build():
        write_text(source / "exercises" / path.name, path.read_text(encoding="utf-8"))
    for name, text in _parts().items():
        write_text(source / "_parts" / f"{name}.md", text + "\n")
    _mathjax(root, source / "_static" / "tex-svg.js")
    return source


def _parts() -> dict[str, str]:
    """What the front page says of results, written from the committed records."""
    found = {one.claim.name: one for one in claims.findings()}
    asked = [found[name] for name in ASKED]
    verdict = [f"- {one.claim.says}: **{one.sentence()}**" for one in asked]
    return {"verdict": "\n".join(verdict), "results": readme.block("drawn")}


def adapted(notebook: NotebookNode, chapter: int) -> NotebookNode:
    """A chapter as the site shows it: captions set by Sphinx, folded code closed.

    In a notebook the numbered caption is an output below the figure; here the figure
    itself carries it, under the same number.
    """
    figures = 0
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        cell.outputs = [o for o in cell.outputs if o.get("metadata") != CAPTION]
        if figure := cell.metadata.get("mystnb", {}).get("figure"):
            figures += 1
            number = f"**Figure {chapter}.{figures}.** "
            figure["caption"] = number + figure["caption"]
        tags = set(cell.metadata.get("tags", ()))
        if (
            cell.metadata.get("jupyter", {}).get("source_hidden")
            or "parameters" in tags
        ):
            tags.add("hide-input")
        if exercise_notebooks.TAG in tags:
            tags.add("hide-cell")
        cell.metadata["tags"] = sorted(tags)
        if "hide-input" in tags:
            cell.metadata["mystnb"] = {**cell.metadata.get("mystnb", {}), **PROMPTS}
    return notebook


def _mathjax(root: Path, target: Path) -> None:
    """Put MathJax's one file beside the pages; it is fetched from npm once."""
    kept = root / "runs" / "site" / f"{MATHJAX}.js"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        words = ["npm", "pack", MATHJAX, "--json", "--silent"]
        try:
            done = subprocess.run(
                words, cwd=kept.parent, capture_output=True, text=True, check=True
            )
        except (OSError, subprocess.CalledProcessError) as error:
            said = getattr(error, "stderr", "") or error
            raise ReproError(f"npm could not fetch {MATHJAX}: {said}") from error
        archive = kept.parent / json.loads(done.stdout)[0]["filename"]
        with tarfile.open(fileobj=io.BytesIO(archive.read_bytes())) as opened:
            script = opened.extractfile(SCRIPT).read().decode()
        write_text(kept, script)
        archive.unlink()
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(kept, target)
