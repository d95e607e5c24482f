"""The raters' page in Chromium: a whole session, and what it must not do."""

import json
import re
from pathlib import Path

import pytest
import shelf

from reprolib.data import drawn
from reprolib.data.sets import market1501
from reprolib.human import files, scoring
from reprolib.human.page import page
from reprolib.human.pool import PicturePool
from reprolib.human.trials import draw_trials, shown_order

SPEC = drawn.DrawnSpec(2, 1, 16, 5, 12, 2, 0.2, 112, 56, 5)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Drawn people, 20 trials of them and one of attention, and their page."""
    folder = tmp_path_factory.mktemp("study")
    pool = PicturePool.of(market1501.read(drawn.make(SPEC, folder), name="drawn"))
    made, truth = draw_trials(pool, "single", 20, 0)
    (folder / "page.html").write_text(page(made, pool), encoding="utf-8")
    return folder / "page.html", made, truth


@pytest.fixture
def visit(chromium, study):
    """Opens the page in a window of its own; what goes wrong there fails the test."""
    contexts, wrong = [], []

    def open_page(width=1200, height=800, clock=False, **more):
        context = chromium.new_context(
            viewport={"width": width, "height": height}, offline=True, **more
        )
        if clock:
            context.clock.install()
        contexts.append(context)
        tab = context.new_page()
        tab.set_default_timeout(30_000)
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.on("console", lambda line: wrong.append(line.text))
        tab.on(
            "request",
            lambda asked: (
                asked.url.startswith(("file:", "data:", "blob:"))
                or wrong.append(asked.url)
            ),
        )
        tab.goto(study[0].as_uri())
        return tab

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


def enter(tab, code="A7"):
    tab.get_by_label("I have read this").check()
    tab.get_by_label("Your code").fill(code)
    tab.get_by_role("button", name="Begin").click()


def practise(tab):
    for _ in range(3):
        for key in ("1", "c", "Enter", "Enter"):
            tab.keyboard.press(key)
    tab.get_by_role("button", name="Start").click()


def count(tab):
    return tab.locator("#count").text_content()


def exported(tab, folder):
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Save my answers").click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def place_of_truth(made, truth, rater, number):
    """The id of the rater's question number `number`, and where its truth stands."""
    trial = made.trials[
        shown_order(made.key, rater, "trials", len(made.trials))[number]
    ]
    order = shown_order(made.key, rater, trial.id, len(trial.candidates))
    return trial.id, order.index(truth[trial.id].right[0]) + 1


def test_a_session_with_a_reload_is_exported_and_scored(visit, study, tmp_path):
    """All right by the keyboard but for one undone, one skipped, one wrong."""
    _, made, truth = study
    tab = visit()
    enter(tab)
    practise(tab)
    total = len(made.trials)
    asked = [place_of_truth(made, truth, "A7", n)[0] for n in range(total)]
    usual = [n for n in range(total) if not truth[asked[n]].attention]
    skip, undo, miss = usual[3], usual[5], usual[6]
    for number in range(total):
        if number == 8:
            tab.reload()
            assert tab.get_by_label("Your code").input_value() == "A7"
            enter(tab)
        assert count(tab) == f"Question {number + 1} of {total}"
        right = place_of_truth(made, truth, "A7", number)[1]
        wrong = right % 10 + 1
        if number == skip:
            tab.keyboard.press("s")
            continue
        if number == undo:  # answered wrong, undone, put right
            for key in (str(wrong % 10), "g", "Enter", "Backspace"):
                tab.keyboard.press(key)
            assert count(tab) == f"Question {undo + 1} of {total}"
            assert tab.locator("input[name=candidate]:checked").count() == 1
        picked = wrong if number == miss else right
        for key in (str(picked % 10), "f", "Enter"):
            tab.keyboard.press(key)
    assert f"answered {total} of {total}" in tab.locator("#summary").text_content()
    path = exported(tab, tmp_path)
    assert path.name == "answers-A7.json"
    assert tab.get_by_label("Your answers as text").input_value() == path.read_text()
    (answers,) = files.read_answers([path], made)
    assert [a.trial for a in answers.answers] == asked
    judged = scoring.judge(made, truth, [answers])
    assert set(judged.trial[~judged.right]) <= {asked[skip], asked[miss]}
    table = scoring.by_rater(judged).loc["A7"]
    assert (table.trials, table.skipped, table.rank1) == (20, 1, 0.9)
    assert table.attention == "1 of 1"
    assert judged.confidence.dropna().unique().tolist() == [3]
    assert (judged.seconds > 0).all() and judged.seconds.sum() < 600


def test_mouse_pause_and_what_is_missing(visit, study, tmp_path):
    _, made, _ = study
    tab = visit()
    enter(tab, "mouse")
    practise(tab)
    tab.get_by_role("button", name="Next").click()
    assert tab.get_by_role("status").first.text_content() == "Choose a picture first."
    tab.locator("label.candidate").nth(4).click()
    tab.get_by_role("button", name="Next").click()
    assert tab.get_by_role("status").first.text_content() == "Say how sure you are."
    tab.get_by_text("unsure", exact=True).click()
    tab.get_by_role("button", name="Pause").click()
    assert not tab.locator("#question").is_visible()
    tab.wait_for_timeout(1500)  # not counted
    tab.get_by_role("button", name="Go on").click()
    tab.locator("#question").wait_for(state="visible")
    tab.get_by_role("button", name="Next").click()
    tab.get_by_role("button", name="Pause").click()
    tab.get_by_role("button", name="Stop here").click()
    assert "answered 1 of 21" in tab.locator("#summary").text_content()
    (answers,) = files.read_answers([exported(tab, tmp_path)], made)
    (answer,) = answers.answers
    assert (answer.place, answer.confidence) == (5, 2)
    spent = tab.evaluate("session.spent")
    assert answer.seconds == pytest.approx(spent[answer.trial] / 1000, abs=0.01)
    tab.get_by_role("button", name="Back to the questions").click()
    assert count(tab) == "Question 2 of 21"
    tab.get_by_role("button", name="Undo").click()
    assert tab.locator("label.candidate:has(:checked)").inner_text().strip() == "5"


def test_the_clock_stops_with_a_pause(visit):
    """The clock is moved by hand: minutes on a slow machine do not matter."""
    tab = visit(clock=True)
    enter(tab)
    practise(tab)
    tab.clock.fast_forward("01:00:00")
    tab.keyboard.press("p")
    seen = tab.evaluate("session.spent[trial.id]")
    tab.clock.fast_forward("10:00:00")
    tab.keyboard.press("Escape")
    tab.wait_for_function("document.getElementById('question').hidden === false")
    tab.keyboard.press("p")
    hour = 3_600_000
    assert hour <= seen <= tab.evaluate("session.spent[trial.id]") < 2 * hour


def test_the_page_shuffles_as_the_library_does(visit, study):
    made = study[1]
    tab = visit()
    for rater, what, length in (
        ("A7", "t1", 10),
        ("b-2", "trials", 21),
        ("Z", "t9", 50),
    ):
        found = tab.evaluate(f"shownOrder({rater!r}, {what!r}, {length})")
        assert found == shown_order(made.key, rater, what, length)


def test_raters_do_not_mix_and_answers_can_be_deleted(visit):
    tab = visit()
    enter(tab, "A")
    practise(tab)
    for key in ("1", "c", "Enter"):
        tab.keyboard.press(key)
    tab.reload()
    enter(tab, "B")
    assert count(tab) == "Practice 1 of 3"
    tab.reload()
    enter(tab, "A")
    assert count(tab) == "Question 2 of 21"
    tab.keyboard.press("p")
    tab.get_by_role("button", name="Stop here").click()
    tab.get_by_role("button", name="Delete my answers").click()
    assert not tab.evaluate("Object.keys(localStorage).some((k) => k.endsWith(' A'))")
    tab.reload()
    enter(tab, "A")
    assert count(tab) == "Practice 1 of 3"


@pytest.mark.parametrize(
    "code", ["<img src=x onerror=alert(1)>"[:16], "Anna Müller", "a_b", " "]
)
def test_a_code_that_is_none_is_refused_and_never_html(visit, code):
    tab = visit()
    enter(tab, code)
    assert tab.locator("#consent").is_visible()
    assert tab.locator("img[src=x]").count() == 0


def test_nobody_begins_without_consent(visit):
    tab = visit()
    tab.get_by_label("Your code").fill("A7")
    tab.get_by_role("button", name="Begin").click()
    assert tab.locator("#consent").is_visible()


def test_what_was_kept_and_is_broken_does_not_stop_a_rater(visit):
    tab = visit()
    tab.evaluate("localStorage.setItem(place('A7'), '{broken')")
    enter(tab)
    assert count(tab) == "Practice 1 of 3"


@pytest.mark.parametrize("width", [390, 1200])
def test_it_fits_the_screen_and_can_be_touched(visit, width):
    tab = visit(width, 844, has_touch=True)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    enter(tab)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    query = tab.locator("#query img").bounding_box()
    boxes = [one.bounding_box() for one in tab.locator("label.candidate").all()]
    assert len(boxes) == 10
    for box in boxes:
        assert box["x"] >= query["x"] + query["width"]  # query left
        assert box["width"] >= 60 and box["height"] >= 120
    for button in tab.locator("button:visible").all():
        assert button.bounding_box()["height"] >= 44
    # The buttons stay in sight, and the query beside the last candidate.
    tab.locator("label.candidate").last.scroll_into_view_if_needed()
    assert tab.locator("#next").bounding_box()["y"] < 844
    assert tab.locator("#query img").bounding_box()["y"] >= 0
    tab.locator("label.candidate").nth(2).tap()
    assert tab.locator("input[name=candidate]").nth(2).is_checked()


def test_a_screen_reader_is_told_everything(visit):
    tab = visit()
    assert tab.locator("html").get_attribute("lang") == "en"
    enter(tab)
    heading = tab.get_by_role("heading", name="Which picture shows the same person?")
    assert heading.evaluate("one => one === document.activeElement")
    assert tab.get_by_role("img", name="The person to find").is_visible()
    candidates = tab.get_by_role("group", name="Candidates")
    names = [f"Picture {n}" for n in range(1, 11)]
    for name in names:
        assert candidates.get_by_role("radio", name=name, exact=True).count() == 1
    sure = tab.get_by_role("group", name="How sure are you?")
    assert sure.get_by_role("radio").count() == 4
    assert tab.get_by_role("progressbar", name="Practice 1 of 3").count() == 1
    # By Tab and arrows alone, as in any form.
    candidates.get_by_role("radio", name="Picture 1", exact=True).focus()
    tab.keyboard.press("Space")
    tab.keyboard.press("ArrowRight")
    assert candidates.get_by_role("radio", name="Picture 2", exact=True).is_checked()
    assert tab.locator("#say").get_attribute("role") == "status"


# What the file holds.


def test_the_file_holds_pictures_and_no_truth(study):
    path, made, truth = study
    text = path.read_text(encoding="utf-8")
    assert "[[" not in re.sub(r"<script>.*?</script>", "", text, flags=re.S)
    assert not re.search(
        r"https?:|src=|@import|url\(", re.sub(r"data:[^\"]*", "", text)
    )
    data = json.loads(re.search(r'id="study">(.*?)</script>', text, re.S)[1])
    assert all("right" not in trial for trial in data["trials"])
    assert all("right" in trial for trial in data["practice"])
    assert len(data["pictures"]) == len(
        {h for t in (*made.practice, *made.trials) for h in (t.query, *t.candidates)}
    )
    assert all(p.startswith("data:image/jpeg;base64,") for p in data["pictures"])
    for word in ("_c1s1_", ".jpg", "attention", "inserted", str(Path(path).parent)):
        assert word not in text
    assert "default-src 'none'" in text and "unsafe" not in text


def test_pictures_that_browsers_cannot_read_become_png(tmp_path):
    pool, _ = shelf.pool(tmp_path, kind="bmp")
    made, _ = draw_trials(pool, "open", 5, 0, 4)
    text = page(made, pool)
    assert "data:image/png;base64,iVBOR" in text and "image/jpeg" not in text


def test_nothing_in_the_data_ends_the_script(tmp_path, monkeypatch):
    pool, _ = shelf.pool(tmp_path)
    made, _ = draw_trials(pool, "open", 5, 0, 4)
    monkeypatch.setattr("reprolib.human.page.CONFIDENCE", {1: "</script><b>"})
    text = page(made, pool)
    assert "</script><b>" not in text and text.count("</script>") == 2
