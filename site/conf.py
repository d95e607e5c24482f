"""How Sphinx builds the book from `_source`; see `reprolib/book/site.py`."""

import os

import reprolib

project = "AlignedReID, reproduced"
author = "the maintainers of AlignedReID, reproduced"
version = release = reprolib.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
]
exclude_patterns = ["exercises/*", "_parts/*"]
nb_execution_mode = "off"
nb_number_source_lines = False
myst_enable_extensions = ["dollarmath", "colon_fence", "deflist", "attrs_inline"]
myst_heading_anchors = 3
suppress_warnings = ["mystnb.unknown_mime_type"]

autodoc_member_order = "bysource"
autodoc_typehints = "signature"

html_theme = "sphinx_book_theme"
html_title = project
html_static_path = ["_static"]
html_css_files = ["book.css"]
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
    html_theme_options["launch_buttons"] = {
        "binderhub_url": "https://mybinder.org",
        "colab_url": "https://colab.research.google.com",
    }


def setup(app):
    """Bars in docstrings mean a length, and no substitution."""

    def escaped(app, what, name, thing, options, lines):
        lines[:] = [line.replace("|", r"\|") for line in lines]

    app.connect("autodoc-process-docstring", escaped)
