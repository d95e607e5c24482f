"""The pages about data sets: complete, and at one with the readers and commands."""

import fnmatch
import json
import re
import shlex
from collections import Counter

import pytest

from reprolib import data, settings
from reprolib.book import cli
from reprolib.data import drawn
from reprolib.data.sets import cuhk01, cuhk03, market1501, mars, sources, viper
from reprolib.errors import ReproError
from reprolib.study import provenance

ROOT = provenance.project_root()
PAGES = sorted((ROOT / "notebooks" / "data_sets").glob("*.md"))
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in PAGES}
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)


def page(family):
    return TEXTS[family.replace("-", "_")]


def commands(text):
    """The lines of all code blocks, continued ones in one."""
    blocks = [body for kind, body in FENCE.findall(text) if not kind]
    lines = "".join(blocks).replace("\\\n", "").splitlines()
    return [shlex.split(line) for line in lines if re.match("python |make ", line)]


def test_every_family_has_a_page_and_the_index_links_to_every_page():
    families = {source.owner.family.replace("-", "_") for source in sources().values()}
    assert set(TEXTS) == families | {"index", "drawn", "joined"}
    linked = set(re.findall(r"\]\((\w+)\.md\)", TEXTS["index"]))
    assert linked == set(TEXTS) - {"index"}
    assert "DukeMTMC" in TEXTS["index"]


@pytest.mark.parametrize("name", sources())
def test_a_source_is_named_on_its_page_and_in_the_index(name):
    assert f"`{name}`" in page(sources()[name].owner.family)
    patterns = re.findall(r"`([a-z0-9*-]+)`", TEXTS["index"])
    assert any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


@pytest.mark.parametrize("name", sources())
def test_the_official_counts_are_in_the_tables_of_the_page(name):
    rows = [
        r for r in page(sources()[name].owner.family).splitlines() if r.startswith("|")
    ]
    cells = {cell.strip() for row in rows for cell in row.split("|")}
    for split, counts in sources()[name].official.items():
        for what, count in counts.items():
            if what != "cameras" or count > 10:  # a handful is said in words
                assert f"{count:,}" in cells, f"{name}, {split}: {count:,} {what}"


def test_the_drawn_page_counts_what_is_drawn():
    shots = list(drawn.shots(data.drawn_spec(settings.load("quick").data)))
    pictures = Counter(folder for folder, *_ in shots)
    people = {(folder, pid) for folder, pid, *_ in shots if pid > 0}
    for split, folder in market1501.FOLDERS.items():
        known = sum(of == folder for of, _ in people)
        row = f"| {split} | {known} | {pictures[folder]:,} |"
        assert row in TEXTS["drawn"], row


def test_the_joined_page_counts_the_overlap():
    lists = market1501.people_lists()
    queries = {int(pid): count for pid, count in lists["market_query"].items()}
    leaked = queries.keys() & set(lists["mars_train"])
    asked = sum(queries[pid] for pid in leaked)
    back = set(lists["mars_test"]) & set(lists["market_train"])
    assert f"| {len(leaked)} ({len(leaked) / len(queries):.1%}" in compact("joined")
    share = asked / sum(queries.values())
    assert f"| {asked:,} of {sum(queries.values()):,} ({share:.1%}" in compact("joined")
    assert f"| {len(back)} |" in TEXTS["joined"]


def test_the_joined_page_counts_the_overlap_in_the_queries_of_mars(shared):
    path = shared / "data" / "market_mars_identities.json"
    lists = json.loads(path.read_text(encoding="utf-8"))
    queries = lists["mars"]["query_tracklets"]
    asked = sum(queries[pid] for pid in queries.keys() & lists["market1501"]["train"])
    every = sum(queries.values())
    share = asked / every
    assert f"| {asked:,} of {every:,} ({share:.1%}" in compact("joined")


def compact(stem):
    return TEXTS[stem].replace(" %", "%")


@pytest.mark.parametrize("name", sources())
def test_a_page_links_to_the_owner_and_shows_all_that_is_read(name):
    family = sources()[name].owner.family
    text = page(family)
    assert f"]({sources()[name].owner.page})" in text
    trees = "".join(body for kind, body in FENCE.findall(text) if not kind)
    for part in sources()[name].parts:
        for place in part.split("/"):
            assert re.search(rf"-- {re.escape(place)}\s", trees), part


@pytest.mark.parametrize("stem", TEXTS)
def test_the_commands_exist(stem):
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.M)
    variables = re.findall(r"^(\w+) \?=", (ROOT / "Makefile").read_text(), re.M)
    for words in commands(TEXTS[stem]):
        if words[0] == "make":
            given = dict(word.split("=", 1) for word in words[2:])
            assert words[1] in targets and set(given) <= set(variables), words
            require_known(given.get("DATASET", "drawn"))
            assert given.get("PROFILE", "quick") in settings.profiles()
        else:
            assert words[:3] == ["python", "-m", "reprolib"], words
            options = cli._parser().parse_args(words[3:])
            require_known(getattr(options, "name", "drawn"))
            require_known(getattr(options, "dataset", "drawn"))


def require_known(name):
    if name != "NAME":
        data.parts(name)


def test_an_unknown_name_would_be_told():
    with pytest.raises(ReproError):
        require_known("market")


@pytest.mark.parametrize("family", sorted({s.owner.family for s in sources().values()}))
def test_a_page_says_how_to_get_read_run_and_cite_its_set(family):
    text = page(family)
    for title in ("Counts", "Where to ask, and the terms", "How it lies on the disk"):
        assert f"\n## {title}\n" in text
    for title in ("Commands", "How it is scored", "What goes wrong with it", "Cite"):
        assert f"\n## {title}\n" in text
    used = [words[:5] for words in commands(text)]
    for action in ("prepare", "check"):
        assert ["python", "-m", "reprolib", "data", action] in used
    assert ["make", "reproduce"] in [words[:2] for words in used]
    [entry] = [body for kind, body in FENCE.findall(text) if kind == "bibtex"]
    assert re.match(r"@inproceedings\{\w+,\n", entry) and entry.count("{") == (
        entry.count("}")
    )


@pytest.mark.parametrize(
    ("stem", "example", "reader"),
    [
        ("market1501", r"`(\S+)\.jpg` is\n", market1501.NAME),
        ("mars", r"`(\S+\.jpg)` is\n", mars.NAME),
        ("cuhk03", r"`(\S+)\.png` is\n", cuhk03.NAME),
        ("cuhk01", r"`(\S+)\.png` is\n", cuhk01.NAME),
        ("viper", r"`(\S+)\.bmp` in `cam_b` is\n", viper.NAME),
    ],
)
def test_the_name_taken_apart_is_one_the_reader_takes(stem, example, reader):
    [name] = re.findall(example, TEXTS[stem])
    assert reader.fullmatch(name), name


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_lines_are_short_and_links_lead_somewhere(path):
    for line in TEXTS[path.stem].splitlines():
        assert len(line) <= 88 or line.startswith("|") or "http" in line, line
    for target in re.findall(r"\]\(([^)#]+)\)", TEXTS[path.stem]):
        assert target.startswith("http") or (path.parent / target).exists(), target
