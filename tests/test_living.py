"""Living figures in Chromium: by mouse and by keys, and against Python's numbers."""

import base64
import io
import re
from itertools import pairwise

import nbformat
import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage

from reprolib import alignment, losses
from reprolib.book import living
from reprolib.book.living import drag_the_box, frame, pictures, placing, stop_gradient
from reprolib.errors import ReproError
from reprolib.study.provenance import project_root

PAGE = """<!doctype html><html lang="en" data-theme="light"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Living figures</title>
<style>body {{ margin: 0 16px }}</style><body>{}</body></html>"""
NAMES = sorted(living.FIGURES)


@pytest.fixture
def visit(chromium):
    """Shows figures on a page; an error, a word in the console, a request fails."""
    contexts, wrong = [], []

    def show(*names, width=720, **more):
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, offline=True, **more
        )
        contexts.append(context)
        tab = context.new_page()
        tab.set_default_timeout(30_000)
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.on("console", lambda line: wrong.append(line.text))
        tab.on("request", lambda asked: wrong.append(asked.url) if not
               asked.url.startswith(("data:", "about:")) else None)  # fmt: skip
        tab.set_content(PAGE.format("\n".join(map(living.html, names))))
        for said in tab.locator(".living-said").all():
            said.filter(has_text=re.compile(r"\w")).wait_for()
        return tab

    yield show
    for context in contexts:
        context.close()
    assert wrong == []


def said(tab, figure=0):
    return tab.locator(".living-said").nth(figure).text_content()


def numbers(text):
    return [float(number) for number in re.findall(r"\d+\.\d+", text)]


def slide(tab, label, value):
    tab.get_by_role("slider", name=label).evaluate(
        "(range, value) => { range.value = value;"
        " range.dispatchEvent(new Event('input')); }",
        value,
    )


# Every figure.


def test_an_unknown_name_is_answered_with_those_there_are():
    with pytest.raises(ReproError, match="no living figure 'path'.*shortest-path"):
        living.show("path")


def test_jupyter_shows_what_the_site_shows():
    assert living.show("stop-gradient")._repr_html_() == living.html("stop-gradient")


def test_it_is_drawn_where_a_notebook_puts_it_in_late_and_again(visit):
    """Jupyter sets the HTML of an output, then puts new scripts in place of its own."""
    tab = visit()
    for count in (1, 2):
        tab.evaluate(
            """(text) => {
                 const output = document.createElement("div");
                 output.innerHTML = text;
                 for (const old of output.querySelectorAll("script")) {
                   const script = document.createElement("script");
                   script.textContent = old.textContent;
                   old.replaceWith(script);
                 }
                 document.body.append(output);
               }""",
            living.show("shortest-path").data,
        )
        tab.get_by_role("button", name="Next").last.click()
        assert said(tab, count - 1).startswith("S(1, 1) = d")
        assert tab.get_by_role("button", name="Next").count() == count


def test_no_data_can_end_the_script():
    made = frame.frame("a", "<b>", "", "", (), ["</script><!--"])
    assert made.count("</script>") == 1 and "<!--" not in made
    assert "&lt;b&gt;" in made


@pytest.mark.parametrize("name", NAMES)
def test_it_fits_a_telephone_and_every_control_has_a_name(visit, name):
    tab = visit(name, width=390)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    for picture in tab.locator("svg[role=img]").all():
        assert picture.get_attribute("aria-label").strip()
    # A text that is cut off at its picture's edge cannot be read.
    assert (
        tab.evaluate("""() => [...document.querySelectorAll("svg[role=img] text")]
        .filter((text) => {
          const [a, b] = [text, text.closest("svg[role=img]")].map(
            (one) => one.getBoundingClientRect());
          return a.left < b.left - 1 || a.right > b.right + 1;
        }).map((text) => text.textContent)""")
        == []
    )
    controls = tab.locator(".living button:visible, .living input:visible").all()
    for control in controls:
        assert control.evaluate(
            "one => (one.labels?.[0]?.textContent ||"
            " one.getAttribute('aria-label') || '').trim()"
        )


def test_figures_on_one_page_do_not_meet(visit):
    tab = visit("shortest-path", "stop-gradient", "shortest-path")
    before = [said(tab, k) for k in range(3)]
    tab.get_by_role("button", name="Next").nth(2).click()
    after = [said(tab, k) for k in range(3)]
    assert after[:2] == before[:2] and after[2] != before[2]


def test_keys_step_and_the_last_step_is_the_end(visit):
    tab = visit("shortest-path")
    tab.get_by_role("button", name="Next").focus()
    tab.keyboard.press("Enter")
    assert said(tab).startswith("S(1, 1) = d")
    tab.get_by_role("slider", name="Step").focus()
    tab.keyboard.press("ArrowRight")
    assert said(tab).startswith("S(1, 2) = d + S")
    tab.keyboard.press("End")
    last = said(tab)
    tab.get_by_role("button", name="Next").press("Enter")
    assert said(tab) == last
    tab.get_by_role("button", name="First").click()
    tab.get_by_role("button", name="Back").press("Enter")
    assert "still empty" in said(tab)


def test_playing_begins_when_asked_ends_when_asked_and_is_not_read_out(visit):
    tab = visit("stop-gradient")
    status = tab.locator(".living-said")
    assert said(tab).startswith("Step 0:")
    tab.get_by_role("button", name="Play").click()
    assert status.get_attribute("aria-live") == "off"
    status.filter(has_text="Step 2:").wait_for()
    tab.get_by_role("button", name="Pause").click()
    assert status.get_attribute("aria-live") == "polite"
    assert tab.get_by_role("button", name="Play").is_visible()


def test_who_wants_no_motion_is_offered_steps_alone(visit):
    tab = visit("shortest-path", reduced_motion="reduce")
    assert not tab.get_by_role("button", name="Play").is_visible()
    tab.get_by_role("button", name="Next").click()
    assert said(tab).startswith("S(1, 1)")


def test_every_place_in_the_chapters_is_there_once():
    for chapter, places in placing.PLACES.items():
        (path,) = (project_root() / "notebooks").glob(f"{chapter:02}_*.ipynb")
        notebook = nbformat.read(path, as_version=4)
        for after, name in places.items():
            found = [c for c in notebook.cells if placing.belongs(c, after)]
            assert len(found) == 1, (chapter, after)
            assert name in living.FIGURES
        count = len(notebook.cells)
        placed = placing.place(notebook, chapter).cells
        assert len(placed) == count + len(places)


# The shortest path.


@pytest.fixture(scope="module")
def table():
    """The distances of chapter 2's pair, computed anew."""
    pair = pictures.shot(40, 1, 0), pictures.shot(40, 5, 2, shift=0.15, scale=0.75)
    f, g = (pictures.stripes(picture)[None] for picture in pair)
    return alignment.stripe_distances(f, g)[0, 0].double()


def test_the_filled_table_and_the_path_are_the_library_s(visit, table):
    tab = visit("shortest-path")
    count, board = len(table), tab.locator("svg[role=img]").nth(1)
    slide(tab, "Step", count**2)
    shown = [
        float(text)
        for text in board.locator("text").all_text_contents()
        if re.fullmatch(r"\d\.\d\d", text)
    ]
    least = [
        float(alignment.shortest_path(table[: i + 1, : j + 1]))
        for i in range(count)
        for j in range(count)
    ]
    assert shown == pytest.approx(least, abs=0.011)
    # Traced back, cell by cell.
    cells = []
    for step in range(count**2 + 1, count**2 + 2 * count - 1):
        slide(tab, "Step", step)
        cells.append(tuple(map(int, re.search(r"S\((\d), (\d)\)", said(tab)).groups())))
    path = [(i + 1, j + 1) for i, j in alignment.trace_path(table)]
    assert [*cells, (1, 1)] == path[::-1]
    tab.get_by_role("button", name="Last").click()
    total, each, rigid, rigid_each = numbers(said(tab))
    assert total == pytest.approx(least[-1], abs=2e-3)
    assert rigid == pytest.approx(float(table.diag().sum()), abs=2e-3)
    assert each == pytest.approx(total / 13, abs=6e-4)
    assert rigid_each == pytest.approx(rigid / 7, abs=6e-4)


def test_every_sum_in_words_is_right(visit, table):
    tab = visit("shortest-path")
    for step in range(2, table.numel() + 1):
        slide(tab, "Step", step)
        its, *before, total = numbers(said(tab))
        assert its + min(before) == pytest.approx(total, abs=1e-9)
        from_above = "from above" in said(tab)
        if len(before) == 2:
            assert from_above == (before[0] <= before[1])


# The box.


def cropped(scene, down, right, size):
    """What a box of the scene shows, every pixel made 10 by 10: (3, h, w).

    Its middle fifth is cut by parts of the width, as the usual box of 56 has it.
    """
    fine = ndimage.zoom(scene.numpy(), (1, 10, 10), order=0, grid_mode=True,
                        mode="nearest")  # fmt: skip
    _, high, wide = scene.shape
    h, w = (high // 2) * size / 100, (wide // 2) * size / 100
    y = high / 2 + down / 100 * (high // 2) - h / 2
    x = wide / 2 + right / 100 * (wide // 2) - w / 2
    from_, to = pictures.middle(wide // 2)
    rows = np.rint(10 * (y + h * np.arange(8) / 7)).astype(int)
    columns = np.rint(10 * np.array([x + from_ * w, x + to * w])).astype(int)
    part = fine[:, :, columns[0] : columns[1]]
    colour = np.stack([part[:, a:b].mean((1, 2)) for a, b in pairwise(rows)])
    both = torch.from_numpy(np.concatenate([colour, 255 - colour], 1) / 255)
    return torch.nn.functional.normalize(both, dim=1)


def held(picture):
    """The pixels of a picture as the page holds it."""
    data = pictures.address(picture).partition(",")[2]
    image = Image.open(io.BytesIO(base64.b64decode(data)))
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)


@pytest.mark.parametrize(
    ("down", "right", "size"),
    [(0, 0, 100), (-20, 0, 100), (25, -15, 80), (-10, 8, 130)],
)
def test_the_box_measures_what_python_measures(visit, down, right, size):
    tab = visit("drag-the-box")
    slide(tab, "Size", size)
    slide(tab, "Up, down", down)
    slide(tab, "Left, right", right)
    stranger = next(iter(drag_the_box.STRANGERS.values()))
    f, other = (
        pictures.stripes(held(pictures.shot(*who))).double()
        for who in (drag_the_box.QUERY, stranger)
    )
    scene = held(pictures.shot(*drag_the_box.SCENE, room=2))
    g = cropped(scene, down, right, size)
    expected = []
    for its in (g, other):
        d = alignment.stripe_distances(f[None], its[None])[0, 0]
        expected += [float(alignment.shortest_path(d)) / 13, float(d.diag().mean())]
    her_path, other_path, her_rigid, other_rigid = numbers(said(tab))
    found = [her_path, her_rigid, other_path, other_rigid]
    assert found == pytest.approx(expected, abs=1e-3)
    totals = [float(text) for text in re.findall(r"in all (\d.*?)\)", tab.content())]
    cells = [13, 13, 7, 7]
    each = [her_path, other_path, her_rigid, other_rigid]
    assert totals == pytest.approx(np.multiply(cells, each), abs=0.012)
    verdicts = re.findall("(she|the stranger) is nearer", said(tab))
    nearer = [her_path < other_path, her_rigid < other_rigid]
    assert [verdict == "she" for verdict in verdicts] == nearer


def test_in_the_usual_box_the_stripes_are_chapter_two_s():
    """Middle and edges of the box are those of its adaptive pooling."""
    scene = pictures.shot(*drag_the_box.SCENE, room=2)
    _, high, wide = scene.shape
    box = scene[:, high // 4 : 3 * high // 4, wide // 4 : 3 * wide // 4]
    true = pictures.stripes(box).double()
    torch.testing.assert_close(cropped(scene, 0, 0, 100), true, atol=1e-5, rtol=0)
    kept = cropped(held(scene), 0, 0, 100)
    torch.testing.assert_close(kept, true, atol=3e-3, rtol=0)


def test_the_box_follows_mouse_keys_and_stays_in_the_scene(visit):
    tab = visit("drag-the-box")
    box = tab.get_by_role("button", name="The box")
    before = box.bounding_box()
    middle = before["x"] + before["width"] / 2, before["y"] + before["height"] / 2
    tab.mouse.move(*middle)
    tab.mouse.down()
    tab.mouse.move(middle[0], middle[1] - 30, steps=4)
    tab.mouse.up()
    assert box.bounding_box()["y"] == pytest.approx(before["y"] - 30, abs=1.5)
    assert "too high" in said(tab)
    box.focus()
    for _ in range(36):
        tab.keyboard.press("ArrowDown")
    assert "50 % too low." in said(tab)
    for _ in range(3):
        tab.keyboard.press("+")
    assert "42 % too low, 15 % too large." in said(tab)  # what the scene leaves
    tab.keyboard.press("ArrowLeft")
    assert "2 % too far to the left" in said(tab)
    tab.get_by_label("in a blue shirt").check()
    slide(tab, "Size", 100)
    slide(tab, "Up, down", 0)
    slide(tab, "Left, right", 0)
    assert said(tab).startswith("A good box.")


# The stop-gradient.


def stepped(both, stop, steps):
    """Toy matrices after some steps of torch's own gradient, and the loss there."""
    m = [torch.tensor(x).double() for x in (stop_gradient.FIRST, stop_gradient.SECOND)]
    for step in range(steps + 1):
        one, other = (x.clone().requires_grad_() for x in m)
        held = [x.detach() if stop else x for x in (one, other)]
        if both and stop:
            loss = losses.metric_mutual_loss(one, other)
        else:
            loss = ((one - held[1]) ** 2).mean()
            loss = loss + ((held[0] - other) ** 2).mean() if both else loss
        if step < steps:
            loss.backward()
            pulls = [torch.zeros_like(x) if x.grad is None else x.grad
                     for x in (one, other)]  # fmt: skip
            m = [x - stop_gradient.RATE * p for x, p in zip(m, pulls, strict=True)]
    return m, float(loss.detach())


@pytest.mark.parametrize("both", [True, False])
@pytest.mark.parametrize("stop", [True, False])
def test_students_step_as_torch_steps(visit, both, stop):
    tab = visit("stop-gradient")
    tab.get_by_label("stop-gradient ZG").set_checked(stop)
    if not both:
        tab.get_by_label("student 1's square alone").check()
    flow = tab.locator("svg[role=img]").first
    for step in (0, 1, 5, stop_gradient.STEPS):
        slide(tab, "Step", step)
        matrices, loss = stepped(both, stop, step)
        shown = [float(text) for text in flow.locator("text").all_text_contents()
                 if re.fullmatch(r"\d\.\d\d", text)]  # fmt: skip
        expected = torch.stack(matrices).flatten().tolist()
        assert shown == pytest.approx(expected, abs=0.00501)
        assert numbers(said(tab))[0] == pytest.approx(loss, abs=6e-5)
    # What a step leaves of every gap.
    gaps = [a - b for a, b in (stepped(both, stop, k)[0] for k in (0, 1))]
    left = 100 * float(gaps[1][0, 1] / gaps[0][0, 1])
    assert f"leaves {left:.0f} % of every gap" in said(tab)


def test_what_the_figure_says_of_its_four_losses_is_true():
    """The value, and the same steps by other means; and a target that stays."""
    (_, value), (_, plain) = stepped(True, True, 0), stepped(True, False, 0)
    assert value == pytest.approx(plain)
    together, alone = stepped(True, True, 7)[0], stepped(False, False, 7)[0]
    torch.testing.assert_close(together, alone)
    target = torch.tensor(stop_gradient.SECOND).double()
    torch.testing.assert_close(stepped(False, True, 7)[0][1], target)
    held, free = (stepped(True, stop, 60)[0] for stop in (True, False))
    torch.testing.assert_close(held, free, atol=1e-6, rtol=0)  # where they meet
