"""The published site: what becomes of a chapter, and pages that ask nothing outside."""

import html
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from reprolib.book import (
    answer,
    bets,
    execute,
    glossary,
    publish,
    reported,
    site,
    site_exercises,
    site_links,
    site_outputs,
)
from reprolib.study import headline, verdicts
from reprolib.study.provenance import project_root

ROOT = project_root()
KERNEL = execute.KERNEL
CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))
KINDS = {".md", ".py", ".css", ".js", ".svg", ".bib", ".onnx", ".json", ".png"}
OUTSIDE = re.compile(
    r'<(?:script|img|iframe|source)[^>]*\ssrc="(?:https?:)?//'
    r'|<link[^>]*rel="(?:stylesheet|preload|preconnect)"[^>]*href="(?:https?:)?//'
    r'|<link[^>]*href="(?:https?:)?//[^>]*rel="(?:stylesheet|preload|preconnect)"'
)


def read(path):
    return nbformat.read(path, as_version=4)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_figure_has_on_the_site_the_caption_it_has_in_the_notebook(path):
    below = [
        output.data["text/markdown"]
        for cell in read(path).cells
        for output in cell.get("outputs", ())
        if output.get("metadata") == publish.CAPTION
    ]
    cells = site.adapted(read(path), int(path.stem[:2])).cells
    figures = [c.metadata["mystnb"]["figure"] for c in cells
               if "figure" in c.metadata.get("mystnb", {})]  # fmt: skip
    assert [figure["caption"] for figure in figures] == below and below
    outputs = [o for cell in cells for o in cell.get("outputs", ())]
    assert not any(o.get("metadata") == publish.CAPTION for o in outputs)


def test_folded_code_is_closed_solutions_are_hidden_and_all_else_stays_open():
    new = nbformat.v4.new_code_cell
    figure = {"figure": {"name": "a", "caption": "A."}}
    cells = [
        new("a = 1"),
        new("plot()", metadata={"jupyter": {"source_hidden": True}, "mystnb": figure}),
        new("def f(): ...", metadata={"tags": ["solution"]}),
        new("import os\nfrom a import b"),
        new("import os\nos.getcwd()"),
        new("%matplotlib inline"),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    made = site.adapted(notebook, 3).cells
    tags = [set(cell.metadata["tags"]) & {"hide-input", "hide-cell"} for cell in made]
    assert tags == [set(), {"hide-input"}, {"hide-cell"}, {"hide-input"}, set(), set()]
    said = [made[n].metadata["mystnb"]["code_prompt_show"] for n in (1, 3)]
    assert said == ["Show the code", "Show the imports"]
    assert made[1].metadata["mystnb"]["figure"]["caption"] == "**Figure 3.1.** A."


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_parameters_become_a_table_with_all_of_them(path):
    asked = execute.parameters(execute.load(path.with_suffix(".py")), path)
    cells = site.adapted(read(path), int(path.stem[:2])).cells
    (table,) = [c.source for c in cells if "The parameters of this run" in c.source]
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.+) \|$", table, re.M)
    assert [name for name, *_ in rows] == list(asked)
    assert [value for _, value, _ in rows] == [
        str(v) or "empty" for v in asked.values()
    ]
    assert not any("parameters" in c.metadata.get("tags", ()) for c in cells)


NAMES = {2: "02_alignment", 3: "03_network", 5: "05_ablations", 10: "10_open"}


@pytest.mark.parametrize(
    ("text", "linked"),
    [
        ("see chapter 2.", "see {doc}`chapter 2 </notebooks/02_alignment>`."),
        (
            "Chapters 2, 4 and\n5 do",
            "Chapters {doc}`2 </notebooks/02_alignment>`, 4 and "
            "{doc}`5 </notebooks/05_ablations>` do",
        ),
        ("chapter 9, chapter 25", "chapter 9, chapter 25"),
        ("chapter 10", "{doc}`chapter 10 </notebooks/10_open>`"),
        ("# On chapter 2\n| chapter 2 |\n`chapter 2`",) * 2,
        ("```\nchapter 2\n```\n[chapter 2](x.md)",) * 2,
        ("MARS and MARS, Holm's", "MARS {cite:p}`zheng2016mars` and MARS, "
         "Holm's {cite:p}`holm1979simple`"),
        ("`alignment.local_distance`",
         "{py:obj}`alignment.local_distance <reprolib.alignment.local_distance>`"),
        ("cuhk-sysu, MARS-like, $MARS$ and `MARS`",) * 2,
    ],
)  # fmt: skip
def test_words_are_linked_and_all_else_is_left(text, linked):
    assert site_links.linked(text, NAMES, set()) == linked


def test_a_work_is_cited_once_a_page_and_every_work_is_in_the_list():
    cited = set()
    pages = [site_links.linked("CUHK03 is", {}, cited) for _ in range(2)]
    assert pages == ["CUHK03 {cite:p}`li2014deepreid` is", "CUHK03 is"]
    keys = re.findall(
        r"^@\w+\{(\w+),", (ROOT / "site/references.bib").read_text(), re.M
    )
    assert set(site_links.WORKS.values()) | {"zhang2017alignedreid"} == set(keys)


def test_the_verdict_counts_every_claim_and_names_those_it_speaks_of():
    text, found = answer.text(), verdicts.findings()
    words = {"are shown": "shown", "are undecided": "undecided"}
    words |= {"wait for": "waiting", "the opposite": "opposite shown"}
    each = re.findall(rf"(\d+|none) ({'|'.join(words)})", text)
    counted = {w: 0 if n == "none" else int(n) for n, w in each}
    came_out = [one.verdict for one in found]
    assert counted == {said: came_out.count(word) for said, word in words.items()}
    assert f"Of {len(found)} claims" in text and len(found) == sum(counted.values())
    (rigid,) = (one for one in found if one.claim.against)
    assert rigid.claim.name == "method-perfect"
    listed = dict(re.findall(r"^- \*\*(.+?)\*\* (.+)$", text, re.MULTILINE))
    named = {one.claim.name: one for one in found}
    for question, asked in answer.QUESTIONS.items():
        said = listed[question]
        assert said.startswith(f"{answer.WORDS[named[next(iter(asked))].verdict]}: ")
        for one, words in ((named[name], words) for name, words in asked.items()):
            loss = "the method's loss is " * one.claim.against
            gain = -1 if loss else 1
            mean = f"{verdicts.points(gain * one.points.mean())} {one.score} "
            mean *= len(one.points) > 0
            assert f"{mean}{words} ({loss}*{one.verdict}*" in said
    spoken = set(answer.spoken())
    assert spoken == set().union(*answer.QUESTIONS.values()) <= named.keys()
    assert f"rest on {len(spoken)} of the claims." in text
    rows = headline.table("drawn")[["error 0.4: mAP", "error 1: mAP"]]
    which = ["global (identity + triplet)"]
    which += ["aligned, local distance", "aligned, both distances"]
    for boxes in rows:
        each = [cell.split(" ±")[0] for cell in rows.loc[which, boxes]]
        assert "{}, {} and {} % mAP".format(*each) in text
    behind, kinds = 0, re.search(r"on (\d) of (\d) kinds of photographs", text)
    for name in ("cuhk03-boxes", "cuhk03-new", "viper"):
        table = headline.table(name).filter(like="mAP")
        for boxes in table:
            score = {
                row: float(cell.split(" ±")[0]) for row, cell in table[boxes].items()
            }
            behind += (
                score["aligned, local distance"] < score["unaligned, local distance"]
            )
    assert kinds.groups() == (str(behind), "4")


def test_the_table_of_bets_says_what_came_out_and_what_others_report():
    found = {one.claim.name: one for one in verdicts.findings()}
    rows = bets.table(found).replace("\u00a0", " ").split("\n")[2:]
    cells = {row.split(" | ")[0]: row.split(" | ")[1:] for row in rows}
    assert [*cells] == [*bets.BETS]
    for claim, bet in bets.BETS.items():
        drawn, photographs, others = cells[claim]
        for name, cell in ((bet.drawn, drawn), (bet.photographs, photographs)):
            if not name:
                assert cell == "not asked"
                continue
            one = found[name]
            assert cell.startswith(f"**{one.verdict}**<br>")
            mean, low, high = (
                float(x) for x in re.findall(r"(?<!rank)[+-][\d.]+", cell)
            )
            assert mean == pytest.approx(one.points.mean(), abs=0.051)
            assert low == pytest.approx(one.difference.low, abs=0.051)
            assert high == pytest.approx(one.difference.high, abs=0.051)
        if bet.published:
            score = found[bet.drawn].claim.score
            gains = reported.gains(bet.published)[score]
            said = [
                float(x) for x in re.findall(r"[+-][\d.]+(?= \S+, (?!the))", others)
            ]
            assert said == pytest.approx(gains.to_list(), abs=0.051)
            assert others.count("(A)") == len(gains)
    assert "+1.9 mAP for the test alone" in cells[next(iter(cells))][2]
    said = bets.text()
    for bet in [*bets.BETS.values()][1:]:
        one = found[bet.drawn]
        gain = f"({verdicts.points(one.points.mean())} {one.score}, {one.verdict})"
        assert (gain in said) == (one.verdict != "shown")


def test_the_folder_holds_pages_alone_whatever_was_built():
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "site"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert {Path(name).suffix for name in done.stdout.split()} == KINDS


def test_every_chapter_and_page_is_there_and_asks_for_nothing_outside(built):
    names = {path.stem for path in (built / "notebooks").glob("*.html")}
    assert names == set(execute.chapters())
    pages = list(built.rglob("*.html"))
    assert {"index", "api", "teach", "batch", "glossary", "model"} <= {
        page.stem for page in pages
    }
    for page in pages:
        found = OUTSIDE.search(page.read_text(encoding="utf-8"))
        assert not found, f"{page.name}: {found and found[0]}"
    words = html.unescape((built / "glossary.html").read_text(encoding="utf-8"))
    for word in glossary.load():
        assert word.term.replace("'", "’") in words
    assert (built / "_static" / "tex-svg.js").stat().st_size > 1e6


def test_no_link_between_pages_and_no_anchor_is_broken(built):
    texts = {
        page.resolve(): page.read_text(encoding="utf-8")
        for page in built.rglob("*.html")
        if "_static" not in page.parts
    }
    ids = {page: set(re.findall(r'\sid="([^"]+)"', t)) for page, t in texts.items()}
    for page, text in texts.items():
        for href in re.findall(r'<a[^>]*\shref="([^":?]+)["?]', text):
            path, _, anchor = href.partition("#")
            target = (page.parent / path).resolve() if path else page
            assert target.exists(), f"{page.name} links to {href}"
            if anchor and target in ids and "slides" not in page.parts:
                assert unquote(anchor) in ids[target], f"{page.name} links to {href}"


def test_a_chapter_offers_its_notebook_and_its_exercises(built):
    with_exercises = 0
    for path in CHAPTERS:
        page = built / "notebooks" / f"{path.stem}.html"
        files = re.findall(r'href="(\.\./_downloads/[^"]+)"', page.read_text("utf-8"))
        offered = {Path(file).name: page.parent / file for file in files}
        assert offered[path.name].read_bytes() == path.read_bytes()
        exercises = offered.pop(f"{path.stem}_exercises.ipynb", None)
        with_exercises += exercises is not None
        assert not exercises or "your answer" in exercises.read_text("utf-8")
    assert with_exercises >= 6


def test_functions_and_chapters_are_linked_both_ways(built):
    api = (built / "api.html").read_text(encoding="utf-8")
    assert 'href="notebooks/02_alignment.html"' in api
    chapter = (built / "notebooks" / "02_alignment.html").read_text(encoding="utf-8")
    assert 'href="../api.html#reprolib.alignment.local_distance"' in chapter


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        (
            "It rose by 3 <\nof 5. Then\nit fell.\n",
            "It rose by 3 &lt; of 5. Then it fell.",
        ),
        ("One.\nTwo: a\nand b.\n", "One.<br>Two: a and b."),
        ("So many cells:\n", "So many cells:"),
        ("first   1.\nsecond 2.\n", None),
        ("    return trained.\n", None),
        ("One:\n    indented.\n", None),
        ("right: all 3 properties hold\n", None),
    ],
)
def test_printed_sentences_are_set_as_text_and_all_else_is_left(printed, shown):
    expected = shown and f'<p class="said">{shown}</p>'
    assert site_outputs.said(printed) == expected


def test_columns_of_numbers_are_marked_with_their_headings():
    rows = {"who": ["a", "b"], "mAP": [9.5, -1.0], "gain": ["+1.2 (0 to 2)", "-"]}
    frame = pd.DataFrame(rows | {"mixed": ["7", "seven"]}, index=["4", "5"])
    for table in (frame, frame.rename_axis("row").rename_axis("score", axis=1)):
        page = BeautifulSoup(site_outputs.aligned(table._repr_html_()), "html.parser")
        marked = [c.get_text() for c in page.find_all(class_="number") if c.string]
        assert sorted(marked) == sorted(
            ["mAP", "9.5", "-1.0", "gain", "+1.2 (0 to 2)", "-"]
        )
        assert page.find("style") is None and "text-align" not in str(page)
    over = pd.concat({"top": frame}, axis=1)
    page = BeautifulSoup(site_outputs.aligned(over._repr_html_()), "html.parser")
    heads = [cell.get_text() for cell in page.find_all("th", class_="number")]
    assert heads == ["mAP", "gain"]


def test_names_of_an_index_stand_in_the_corner():
    frame = pd.DataFrame({"mAP": [1.0, 2.0]}, index=["a", "b"])
    pairs = pd.concat({"x": frame}, names=["trained", "tested"])
    for named, names in (
        (frame.rename_axis("row"), ["row"]),
        (frame.rename_axis("row").rename_axis("score", axis=1), ["row"]),
        (pairs, ["trained", "tested"]),
        (frame, [""]),
    ):
        page = BeautifulSoup(site_outputs.aligned(named._repr_html_()), "html.parser")
        (only,) = page.thead.find_all("tr")
        assert [cell.get_text() for cell in only.find_all("th")] == [*names, "mAP"]


def test_a_table_is_a_table_and_no_line_of_bars(built):
    for page in built.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        for words in re.findall(r"<p>(.*?)</p>", text, re.S):
            assert len(re.findall(r"\s\|\s", words)) < 3, f"{page.name}: {words[:80]}"


def test_the_site_is_small(built):
    total = sum(file.stat().st_size for file in built.rglob("*") if file.is_file())
    assert total < 40e6


def test_every_figure_of_the_book_is_on_the_site_with_its_alt_text(built):
    for path in CHAPTERS:
        page = (built / "notebooks" / f"{path.stem}.html").read_text(encoding="utf-8")
        figures = [
            c for c in read(path).cells if "figure" in c.metadata.get("mystnb", {})
        ]
        assert page.count('<figure class="align-') == len(figures) > 0
        for cell in figures:
            assert f'id="{cell.metadata["mystnb"]["figure"]["name"]}"' in page
            assert 'alt=""' not in page


@pytest.fixture
def conf(monkeypatch):
    """The names that site/conf.py sets for an address of the repository."""

    def read_conf(address):
        monkeypatch.setenv("BOOK_REPOSITORY", address)
        return runpy.run_path(ROOT / "site" / "conf.py")

    return read_conf


def test_without_an_address_there_are_no_buttons_of_a_forge(conf, built):
    options = conf("")["html_theme_options"]
    buttons = options["use_repository_button"], options["use_edit_page_button"]
    assert buttons == (False, False) and "launch_buttons" not in options
    text = (built / "notebooks" / "02_alignment.html").read_text(encoding="utf-8")
    assert "colab" not in text and "mybinder" not in text


def test_with_an_address_the_buttons_lead_to_the_files_of_the_repository(
    tmp_path, monkeypatch
):
    """A chapter and a page of the site, built with the site's own conf.py."""
    pytest.importorskip("myst_nb", reason="needs Sphinx: make setup")
    source, target = tmp_path / "source", tmp_path / "html"
    shutil.copytree(ROOT / "site", source, ignore=shutil.ignore_patterns("_*", "*.md"))
    (source / "_static").mkdir()
    for name in ("stripes.svg", "book.css", "reading.js"):
        shutil.copy(ROOT / "site" / "_static" / name, source / "_static")
    (source / "notebooks").mkdir()
    (source / "index.md").write_text("# A\n\n```{toctree}\nnotebooks/02_a\n```\n")
    cells = [nbformat.v4.new_markdown_cell("# B")]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL})
    nbformat.write(notebook, source / "notebooks" / "02_a.ipynb")
    monkeypatch.setenv("BOOK_REPOSITORY", "https://github.com/owner/book")
    words = [sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html", source, target]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    page = (target / "notebooks" / "02_a.html").read_text(encoding="utf-8")
    edit = "https://github.com/owner/book/edit/main/"
    assert f'href="{edit}notebooks/02_a.ipynb"' in page
    assert "/github/owner/book/blob/main/notebooks/02_a.ipynb" in page  # Colab
    assert "/v2/gh/owner/book/main?urlpath=lab/tree/notebooks/02_a.ipynb" in page
    index = (target / "index.html").read_text(encoding="utf-8")
    assert f'href="{edit}site/index.md"' in index


def test_every_exercise_is_a_block_and_its_answer_is_folded_under_it(built):
    source = (
        "Before.\n\n**Exercises**, hard.\n1. First, of\n   two lines?\n2. Second?\n"
        "3. Third?\n\n<details><summary>Answers</summary>\n\n(1) One. (3)\nThree.\n\n"
        "</details>"
    )
    text = site_exercises.blocks(source, 7)
    assert text.startswith("Before.\n\n**Exercises**, hard.\n\n:::{exercise}")
    assert "First, of\ntwo lines?\n:::\n\n:::{dropdown} Answer to 7.1" in text
    assert "Second?\n:::\n\n:::{exercise} 7.3\n" in text
    assert text.endswith("Answer to 7.3\n\nThree.\n:::")
    assert site_exercises.blocks("1. No exercise.", 7) == "1. No exercise."
    for name in execute.chapters():
        page = (built / "notebooks" / f"{name}.html").read_text(encoding="utf-8")
        number = rf"{int(name[:2])}\.\d"
        assert len(re.findall(rf"Exercise.{{1,40}}\({number}\)", page)) >= 3, name
        assert len(re.findall(rf"Answer to {number}", page)) >= 2, name
        assert "<summary>Answers</summary>" not in page
