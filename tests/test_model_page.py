"""The model in the page: what it shows and computes, in Chromium."""

import re
import shutil

import drawn_page
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from conftest import lacking
from drawn_page import FACTS, NETWORK, SITE
from PIL import Image

from reprolib import alignment
from reprolib.alignment.distances import differences
from reprolib.book import exported, model_page, npm, screenshots

pytest.importorskip("onnxruntime", reason="needs onnxruntime: make setup")


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    return drawn_page.people(tmp_path_factory.mktemp("people"))


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The page's own files behind a server: its address and its folder."""
    if not shutil.which("npm"):
        lacking("needs npm, for the runtime: apt-get install npm")
    npm.package(model_page.RUNTIME)
    folder = tmp_path_factory.mktemp("page")
    for name in ("_static", "model"):
        shutil.copytree(SITE / name, folder / name)
    model_page.gather(folder)
    page = (SITE / "model.md").read_text(encoding="utf-8")
    part = re.search(r"```\{raw\} html\n(.*?)```", page, re.S)[1]
    head = '<html lang="en"><title>The model</title><link rel="icon" href="data:,">'
    view = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    (folder / "index.html").write_text(f"<!doctype html>{head}{view}{part}")
    with screenshots.served(folder) as address:
        yield f"{address}/", folder


@pytest.fixture
def visit(chromium, served):
    """Opens the page in a window of its own; what goes wrong there fails the test."""
    contexts, wrong = [], []

    def open_page(width=1200):
        context = chromium.new_context(viewport={"width": width, "height": 844})
        contexts.append(context)
        tab = context.new_page()
        tab.set_default_timeout(120_000)
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.on("console", lambda line: wrong.append(line.text))
        inside = (served[0], "data:", "blob:")
        tab.on("request", lambda one: one.url.startswith(inside) or wrong.append(one))
        tab.goto(served[0])
        tab.wait_for_selector("#model:not([aria-busy])")
        return tab

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


def now(tab):
    """What the page shows, once it has done with all changes."""
    done = "m => m.update().then(() => m.now())"
    return tab.evaluate(f"import('./_static/model.js').then({done})")


def moved(picture, shift=0.0, scale=1.0, bar=(0.0, 0.0)):
    """`picture: (3, H, W)` uint8 in another box, as the page moves it."""
    height = picture.shape[1]
    matrix = torch.tensor([[[1 / scale, 0, 0], [0, 1 / scale, -2 * shift / scale]]])
    grid = F.affine_grid(matrix.double(), (1, *picture.shape), align_corners=False)
    look = {"padding_mode": "border", "align_corners": False}
    out = F.grid_sample(picture[None].double(), grid, **look)[0].round()
    top, bottom = (int(np.floor(edge * height + 0.5)) for edge in bar)
    out[:, top:bottom] = 128
    return out.to(torch.uint8)


def expected(query, other, gallery):
    """The library's matrix, path, distances and rankings of (3, H, W) pictures."""
    (q, q_local), (g, g_local) = (
        [part.double() for part in exported.run(NETWORK, pictures)]
        for pictures in (query[None], torch.cat([other[None], gallery]))
    )
    d = alignment.stripe_distances(q_local, g_local)[0]
    every = {
        "global": differences(q, g)[0],
        "rigid": d.diagonal(dim1=1, dim2=2).sum(1),
        "aligned": alignment.shortest_path(d),
    }
    return {
        "matrix": d[0],
        "path": [list(cell) for cell in alignment.trace_path(d[0])],
        "distances": {kind: float(of[0]) for kind, of in every.items()},
        "every": {kind: of[1:] for kind, of in every.items()},
    }


def assert_same(found, wanted):
    """What a page shows is what the library says."""
    assert np.allclose(found["matrix"], wanted["matrix"], atol=1e-3)
    assert found["paths"]["aligned"] == wanted["path"]
    assert found["distances"] == pytest.approx(wanted["distances"], abs=1e-3)
    for kind, distances in wanted["every"].items():
        order = found["ranking"][kind]
        assert sorted(order) == list(range(len(distances)))
        assert (distances[order].diff() > -1e-4).all(), kind


def set_sliders(tab, **values):
    for name, value in values.items():
        tab.locator(f"input[name={name}]").fill(str(value))


def rank_row(tab, kind):
    """What the table says of a kind: the distance, and where the right person is."""
    return tab.locator(f"tr[data-kind={kind}] td").all_text_contents()


def test_the_page_says_what_the_library_says(visit, people):
    pictures, facts = people
    gallery, start = pictures[1:].flatten(0, 1), facts["start"]
    query, other = pictures[0, start["query"]], gallery[start["other"]]
    tab = visit()
    for sliders, box in (
        ({}, {}),
        ({"shift": 15, "scale": 80}, {"shift": 0.15, "scale": 0.8}),
        (
            {"shift": -8, "scale": 130, "hidden": 33, "place": 75},
            {"shift": -0.08, "scale": 1.3, "bar": (0.585, 0.915)},
        ),
    ):
        set_sliders(tab, **sliders)
        found, wanted = now(tab), expected(moved(query, **box), other, gallery)
        assert_same(found, wanted)
        for kind, distance in wanted["distances"].items():
            said, places = rank_row(tab, kind)
            assert float(said) == pytest.approx(distance, abs=1.5e-3)
            right = [rank for rank, k in enumerate(found["ranking"][kind], 1)
                     if k % model_page.PEOPLE == start["query"]]  # fmt: skip
            assert places == ", ".join(map(str, right))
    tab.get_by_role("button", name="As it was").click()
    assert_same(now(tab), expected(query, other, gallery))


def test_links_matrix_and_gallery_show_what_was_found(visit):
    tab = visit()
    found = now(tab)
    path = found["paths"]["aligned"]
    assert tab.locator("#links line").count() == len(path) == 13
    marked = tab.locator("#matrix td.aligned").all_text_contents()
    cells = [f"{found['matrix'][i][j]:.2f}"[1:] for i, j in path]
    assert [text.split(",")[0] for text in marked] == cells
    assert tab.locator("#matrix td.rigid").count() == 7
    assert tab.locator("#ranked li.right").count() == 3
    for kind, lines in (("global", 0), ("rigid", 7), ("aligned", 13)):
        tab.get_by_role("radio", name=kind).check()
        assert tab.locator("#links line").count() == lines
        names = tab.locator("#ranked button").evaluate_all(
            "all => all.map(one => one.getAttribute('aria-label'))"
        )
        distances = [float(name.split()[-1]) for name in names]
        assert distances == sorted(distances) and len(distances) == 36
        assert [name.split(":")[0].split(",")[0] for name in names] == [
            f"Rank {rank}" for rank in range(1, 37)
        ]
        right = [rank for rank, name in enumerate(names, 1) if "right person" in name]
        assert rank_row(tab, kind)[1] == ", ".join(map(str, right))


def test_it_can_be_used_by_the_keyboard_alone(visit):
    tab = visit()
    before = now(tab)
    tab.get_by_role("radio", checked=True).first.focus()
    tab.keyboard.press("ArrowRight")  # the next person to find
    after = now(tab)
    assert after["distances"] != before["distances"]
    tab.get_by_role("slider", name="Lower or higher").focus()
    for _ in range(5):
        tab.keyboard.press("ArrowRight")
    assert now(tab)["change"]["shift"] == 0.05
    spoken = tab.get_by_role("slider", name="Lower or higher", exact=True)
    assert spoken.get_attribute("aria-valuetext") == "5 %"
    last = tab.locator("#ranked button").last
    last.focus()
    tab.keyboard.press("Enter")
    chosen = now(tab)
    assert chosen["distances"] != after["distances"]
    assert last.get_attribute("aria-pressed") == "true"
    assert tab.locator("#ranked [aria-pressed=true]").count() == 1
    # Ranked anew, the picture that has the focus keeps it.
    tab.evaluate("document.querySelector('input[value=rigid]').click()")
    assert tab.evaluate("document.activeElement.getAttribute('aria-pressed')") == "true"
    status = tab.get_by_role("status")
    rank = rank_row(tab, "rigid")[1].split(",")[0]
    status.filter(has_text=f"rank {rank} of 36").wait_for()
    assert f"rigid {chosen['distances']['rigid']:.3f}" in status.text_content()


def test_a_picture_and_the_bar_can_be_dragged(visit):
    tab = visit()

    def drag(start, end):
        box = tab.locator("[data-side=query] canvas").bounding_box()
        x, y, height = box["x"] + box["width"] / 2, box["y"], box["height"]
        tab.mouse.move(x, y + start * height)
        tab.mouse.down()
        tab.mouse.move(x, y + end * height, steps=3)
        tab.mouse.up()
        return now(tab)["change"]

    assert drag(0.5, 0.7)["shift"] == pytest.approx(0.2, abs=0.011)
    set_sliders(tab, hidden=20)
    change = drag(0.5, 0.8)
    assert change["bar"] == pytest.approx([0.7, 0.9], abs=0.011)
    assert change["shift"] == pytest.approx(0.2, abs=0.011)


def test_own_pictures_are_compared_and_never_leave(visit, people, tmp_path):
    pictures, _ = people
    gallery = pictures[1:].flatten(0, 1)
    own, other = gallery[20], gallery[3]
    for name, picture in (("own.png", own), ("other.png", other)):
        Image.fromarray(picture.permute(1, 2, 0).numpy()).save(tmp_path / name)
    (tmp_path / "notes.png").write_text("no picture")
    tab = visit()
    sent = []
    tab.on("request", lambda one: sent.append(one.method))
    tab.get_by_label("Own picture to find").set_input_files(tmp_path / "own.png")
    tab.locator("#ranked .right").first.wait_for(state="detached")
    tab.get_by_label("Own picture to compare").set_input_files(tmp_path / "other.png")
    tab.locator("[data-side=other] [aria-label='Your own picture']").wait_for()
    assert_same(now(tab), expected(own, other, gallery))
    assert now(tab)["ranking"]["global"][0] == 20  # itself
    assert rank_row(tab, "aligned")[1] == "–"
    assert tab.locator("#ranked [aria-pressed=true]").count() == 0
    tab.get_by_label("Own picture to find").set_input_files(tmp_path / "notes.png")
    status = tab.get_by_role("status")
    status.filter(has_text="notes.png is no picture that this browser").wait_for()
    assert_same(now(tab), expected(own, other, gallery))
    assert sent == ["GET"] * len(sent) and len(sent) <= 1  # of the module that is asked


def test_it_fits_a_telephone_and_says_what_is_to_be_seen(visit, served):
    tab = visit(390)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    for image in tab.get_by_role("img").all():
        assert len(image.get_attribute("aria-label")) > 15
    for button in tab.locator("#ranked button").all():
        box = button.bounding_box()
        assert box["width"] >= 44 and box["height"] >= 44
    everything = sum(p.stat().st_size for p in (served[1] / "_static").rglob("*.*"))
    assert everything < 15e6
    told = (served[1] / "_parts" / "network.md").read_text(encoding="utf-8")
    size = FACTS["bytes"] / 1e6
    assert f"network ({size:.1f} MB)" in told
    assert f"| aligned | {FACTS['scores']['aligned']['rank1']:.1f} |" in told
