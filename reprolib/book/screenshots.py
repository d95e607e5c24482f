"""The README's pictures of the site, taken of the built pages in a browser."""

import functools
import http.server
import io
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from reprolib.errors import ReproError
from reprolib.study.provenance import project_root

SIZE = {"width": 1200, "height": 800}
# By picture: a page, and what stands at its top, if not the page's own.
VIEWS = {
    "front": ("index.html", None),
    "living": ("notebooks/02_alignment.html", "[data-living=drag-the-box]"),
    "model": ("model.html", "#model"),
}
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
# Without these a browser looks for its maker's hosts.
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
    "--disable-quic",
)


def take() -> list[Path]:
    """Write `site/screenshots/*.png` of the built site, 256 colours each; their paths.

    Raises `ReproError` where the site is not built, or where there is no browser.
    """
    root = project_root() / "site"
    pages = root / "_build" / "html"
    if not (pages / "index.html").exists():
        raise ReproError(f"{pages} holds no site yet; build it: make site.")
    if not BROWSER:
        raise ReproError("Chromium is not there; expected its command `chromium`.")
    from playwright.sync_api import sync_playwright

    made = []
    with served(pages) as address, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=BROWSER, args=QUIET)
        page = chromium.new_page(viewport=SIZE)
        for name, (path, top) in VIEWS.items():
            page.goto(f"{address}/{path}", wait_until="networkidle")
            if top:
                script = "top => document.querySelector(top).scrollIntoView()"
                page.evaluate(script, top)
            page.wait_for_timeout(2000)  # pictures fade in, the network computes
            image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            made.append(root / "screenshots" / f"{name}.png")
            made[-1].parent.mkdir(exist_ok=True)
            image.quantize(256, dither=Image.Dither.NONE).save(made[-1], optimize=True)
        chromium.close()
    return made


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address at which a folder is served, to this machine alone."""
    handler = functools.partial(_Silent, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class _Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""
