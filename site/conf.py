"""How Sphinx builds the book from `_source`; see `reprolib/book/site.py`."""

import os
from pathlib import Path

import reprolib
from reprolib.book import site_links

project = "AlignedReID, reproduced"
author = "the maintainers of AlignedReID, reproduced"
version = release = reprolib.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_exercise",
    "sphinxcontrib.bibtex",
]
exclude_patterns = ["downloads/*", "_parts/*"]
nb_execution_mode = "off"
nb_number_source_lines = False
# What cells print as Markdown has tables, as in Jupyter.
nb_render_markdown_format = "myst"
myst_enable_extensions = [
    "dollarmath",
    "colon_fence",
    "deflist",
    "attrs_inline",
    "attrs_block",
]
myst_heading_anchors = 3
suppress_warnings = ["mystnb.unknown_mime_type"]

autodoc_member_order = "bysource"
autodoc_typehints = "signature"

bibtex_bibfiles = ["references.bib"]
bibtex_default_style = "plain"

html_theme = "sphinx_book_theme"
html_title = project
html_static_path = ["_static"]
html_css_files = ["book.css"]
html_js_files = [("reading.js", {"defer": "defer"})]
html_favicon = "_static/stripes.svg"
html_copy_source = False
html_show_sourcelink = False
mathjax_path = "tex-svg.js"
# Where the book lies on a forge, such as https://forge/owner/name. Empty: no buttons.
repository = os.environ.get("BOOK_REPOSITORY", "")
html_theme_options = {
    "repository_url": repository,
    "use_repository_button": bool(repository),
    "use_edit_page_button": bool(repository),
    "path_to_docs": "",
    "use_download_button": True,
    "home_page_in_toc": True,
    "show_navbar_depth": 1,
    "navbar_persistent": [],
    "logo": {"text": project},
}
if repository:
    html_theme_options["repository_branch"] = "main"
    html_theme_options["launch_buttons"] = {
        "notebook_interface": "jupyterlab",
        "binderhub_url": "https://mybinder.org",
        "colab_url": "https://colab.research.google.com",
    }


CHAPTERS = {int(p.stem[:2]): p.stem for p in Path("notebooks").glob("*.ipynb")}


def worded(app, what, name, thing, options, lines):
    """Bars in docstrings mean a length, and chapters are linked."""
    role = ":doc:`{words} </notebooks/{name}>`"
    text = "\n".join(lines).replace("|", r"\|")
    lines[:] = site_links.chapters(text, CHAPTERS, role).split("\n")


def placed(app, pagename, templatename, context, doctree):
    """Chapters lie in `notebooks`, all other pages in `site`: for the edit button."""
    context["doc_path"] = "" if pagename.startswith("notebooks/") else "site"


def without_maps(app, error):
    """The theme's source maps serve its makers alone, and weigh 3 MB."""
    for path in Path(app.outdir, "_static").rglob("*.map"):
        path.unlink()


def setup(app):
    app.connect("autodoc-process-docstring", worded)
    app.connect("html-page-context", placed)
    app.connect("build-finished", without_maps)
