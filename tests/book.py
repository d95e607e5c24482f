"""A small project of throw-away chapters, for the tests of runner and publisher."""

from pathlib import Path

HEAD = """# %% [markdown]
# # A chapter

# %% tags=["parameters"]
profile: str = "quick"  # smoke, quick or paper
dataset: str = "drawn"  # the data set
data_root: str = ""  # where photographs lie
runs_root: str = ""  # empty: runs/ of the project
seed: int = 0  # of everything random

# %%
from reprolib import progress, settings as profiles
from reprolib.book import run as records

settings = profiles.settings(profile, dataset, globals())
run = records.open_run(
    "{name}", profile=profile, settings=settings, dataset=dataset, runs_root=runs_root
)
"""
RECORD = """
# %%
run.write({"steps": settings.steps, "headline": [
    {"name": "aligned", "rank1": 50.0, "mAP": 25.0, "note": "seed 0"}
]});
"""


def project(folder: Path) -> Path:
    """An empty project in `folder`; its folder of notebooks."""
    (folder / "pyproject.toml").touch()
    (folder / "README.md").write_text("<!-- results: drawn -->\n<!-- end -->\n")
    (folder / "notebooks").mkdir()
    return folder / "notebooks"


def chapter(folder: Path, name: str, body: str = "", end: str = RECORD) -> Path:
    """Write a chapter with `body`, in percent format, before its record."""
    path = folder / f"{name}.py"
    path.write_text(HEAD.replace("{name}", name) + body + end)
    return path
