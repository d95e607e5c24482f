"""The published site in Chromium: pages that open, fit, are found and let all in."""

import conftest
import pytest

from reprolib.book import execute, npm, screenshots
from reprolib.study.provenance import project_root

ROOT = project_root()
PAGES = sorted(
    [path.stem for path in (ROOT / "site").glob("*.md")]
    + [f"notebooks/{name}" for name in execute.chapters()]
    + [f"notebooks/data_sets/{p.stem}" for p in ROOT.glob("notebooks/data_sets/*.md")]
    + ["genindex", "search"]
)
SLIDES = [f"slides/{name}" for name in execute.chapters()]
WIDTHS = 1200, 390
# What the theme says of itself to the console.
THEME = "[PST]", "Got invalid theme mode"
# Only what keeps somebody out; in the dark, colours alone are another matter.
BARRIERS = """async rules => {
  const only = rules.length ? {runOnly: rules} : {};
  const found = await axe.run({...only, resultTypes: ["violations"], preload: false});
  return found.violations
    .filter(v => ["serious", "critical"].includes(v.impact))
    .map(v => [v.id, ...v.nodes.slice(0, 5).map(n => n.html.slice(0, 160) + " | " +
      (n.any[0] ?? n.all[0] ?? n.none[0]).message)].join("\\n  "));
}"""
# Code looks alike everywhere, and each word has a colour: eight blocks are enough.
FEWER = "[...document.querySelectorAll('.highlight')].slice(8).map(b => b.remove())"
CUT = """[...document.querySelectorAll(".cell pre")]
  .filter(p => p.scrollWidth > p.clientWidth).map(p => p.textContent.slice(0, 300))"""
SIDEWAYS = "document.documentElement.scrollWidth - innerWidth"


@pytest.fixture(scope="module")
def address(built):
    """Where a server of this machine hands out the site."""
    with screenshots.served(built) as where:
        yield f"{where}/"


@pytest.fixture(scope="module")
def context(chromium):
    made = chromium.new_context()
    yield made
    made.close()


@pytest.fixture
def visit(context, address):
    """Opens a page of the site; what goes wrong there fails the test."""
    wrong, tabs = [], []

    def asked(request):
        if not request.url.startswith((address, "data:", "blob:")):
            wrong.append(f"asked for {request.url}")

    def open_page(path, width=WIDTHS[0], height=900):
        tab = context.new_page()
        tabs.append(tab)
        tab.set_default_timeout(120_000)
        tab.set_viewport_size({"width": width, "height": height})
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.on(
            "console",
            lambda line: line.text.startswith(THEME) or wrong.append(line.text),
        )
        tab.on("request", asked)
        tab.on("requestfailed", lambda request: wrong.append(f"failed {request.url}"))
        tab.goto(address + path)
        return tab

    yield open_page
    for tab in tabs:
        tab.close()
    assert wrong == []


@pytest.fixture(scope="module")
def axe():
    """What looks for barriers, as a script."""
    return (npm.package(npm.AXE) / "axe.min.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_fits_every_width_and_has_no_barrier(visit, axe, page):
    tab = visit(f"{page}.html")
    for width in WIDTHS:
        tab.set_viewport_size({"width": width, "height": 900})
        assert tab.evaluate(SIDEWAYS) <= 0, f"scrolls sideways at {width}"
    tab.set_viewport_size({"width": WIDTHS[0], "height": 900})
    assert tab.evaluate(CUT) == [], "a wide window cuts lines of code or outputs"
    tab.add_script_tag(content=axe)
    tab.add_style_tag(content="* { transition: none !important }")
    tab.evaluate(FEWER)
    assert tab.evaluate(BARRIERS, []) == []
    tab.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert tab.evaluate(BARRIERS, ["color-contrast"]) == []


def test_a_search_for_shortest_path_finds_the_chapter_on_it(visit):
    tab = visit("search.html?q=shortest+path")
    tab.locator("ul.search li a").first.wait_for()
    links = tab.locator("ul.search li a").evaluate_all("all => all.map(a => a.href)")
    assert any("notebooks/02_alignment.html" in link for link in links)


def test_in_the_dark_a_figure_keeps_its_colours_on_a_light_card(visit):
    tab = visit("notebooks/02_alignment.html")
    tab.evaluate("document.documentElement.dataset.theme = 'dark'")
    look = tab.locator(".bd-article figure img").first.evaluate(
        "i => [getComputedStyle(i).backgroundColor, getComputedStyle(i).filter]"
    )
    assert look[0] == "rgb(255, 255, 255)"
    assert "hue" not in look[1] and "invert" not in look[1]


@pytest.mark.parametrize("page", SLIDES)
def test_every_slide_fits_its_screen(visit, page):
    tab = visit(f"{page}.html", 1280, 720)
    tab.wait_for_function("window.Reveal && Reveal.isReady()")
    count = tab.evaluate("Reveal.getTotalSlides()")
    assert count >= 4
    for number in range(count):
        tab.evaluate("n => Reveal.slide(n)", number)
        box = tab.evaluate(
            "(s => [s.scrollHeight, s.scrollWidth, s.clientWidth])"
            "(Reveal.getCurrentSlide())"
        )
        assert box[0] <= 720 and box[1] <= box[2] + 1, f"slide {number}: {box}"
        for picture in tab.locator("section.present img").all():
            assert picture.evaluate("i => i.complete && i.naturalWidth > 0")


def test_where_the_tools_are_promised_a_skip_is_a_failure(monkeypatch):
    monkeypatch.delenv("REQUIRE_BROWSER", raising=False)
    with pytest.raises(pytest.skip.Exception):
        conftest.lacking("needs a browser")
    monkeypatch.setenv("REQUIRE_BROWSER", "1")
    with pytest.raises(pytest.fail.Exception, match="needs a browser"):
        conftest.lacking("needs a browser")
