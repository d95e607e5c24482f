"""What several tests share."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock


def lacking(what):
    """Skip a test for want of a tool; fail it where the tools are promised."""
    if os.environ.get("REQUIRE_BROWSER"):
        pytest.fail(f"REQUIRE_BROWSER is set, but this {what}")
    pytest.skip(what)


@pytest.fixture(scope="session")
def shared():
    """The folder of photographs beside the repository, or skip."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    return folder


@pytest.fixture(scope="session")
def forest(tmp_path_factory):
    """The trees of all families, prepared; not to be changed."""
    import trees

    return trees.write_all(tmp_path_factory.mktemp("größe") / "树")


# Of a module, not of the session: a driver that is open holds the event loop, which
# other tests need.
@pytest.fixture(scope="module")
def chromium():
    """A browser without a window."""
    from reprolib.book.screenshots import BROWSER, QUIET

    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        lacking("needs Playwright: pip install playwright")
    if not BROWSER:
        lacking("needs a browser: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The site with its slides, built once for all workers, warnings as errors."""
    if not shutil.which("npm"):
        lacking("needs npm, for MathJax: apt-get install npm")
    pytest.importorskip("myst_nb", reason="needs Sphinx: make setup")
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    source, target = root / "site" / "source", root / "site" / "html"
    with FileLock(root / "site.lock"):
        if not (target / "slides").exists():
            _build_site(source, target)
    return target


def _build_site(source, target):
    from reprolib.book import site, slides

    site.gather(source)
    words = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    notes = source.parent / "doctrees"  # Sphinx's own, no part of the site
    words += ["-d", notes]
    done = subprocess.run([*words, source, target], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    slides.build(target)
