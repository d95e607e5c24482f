"""The glossary: every word is explained where it says, and not used before."""

import re

import pytest

from reprolib.book import execute, glossary

WORDS = glossary.load()
NAMES = [word.term for word in WORDS]
# Common words, which an earlier chapter may use in their everyday meaning.
EVERYDAY = {"mark", "positive", "negative", "active", "power", "floor", "interval"}
EVERYDAY |= {"cell", "whole", "apart"}


def prose(chapter):
    """What a chapter says in words, without code."""
    cells = execute.load(execute.source(str(chapter))).cells
    texts = [c.source for c in cells if c.cell_type == "markdown"]
    text = re.sub(r"^```.*?^```", "", "\n\n".join(texts), flags=re.M | re.S)
    return re.sub(r"\s+", " ", text)


PROSE = {int(name[:2]): prose(int(name[:2])) for name in execute.chapters()}


def places(term, text):
    """Where a term or its plural stands in a text; small letters match large ones."""
    first = f"[{term[0]}{term[0].upper()}]"
    return re.search(rf"(?<![\w-]){first}{re.escape(term[1:])}(?:e?s)?(?!\w)", text)


def set_apart(text):
    """What a text sets in italics, in bold or as code, formulas left out."""
    text = re.sub(r"\$[^$]*\$", "", text)
    stars = re.findall(r"(?<!\*)(\*{1,2})(?=[^\s*])([^*]{1,80})(?<=\S)\1(?!\*)", text)
    return [words for _, words in stars] + re.findall(r"`([^`]+)`", text)


@pytest.mark.parametrize("word", WORDS, ids=NAMES)
def test_a_word_stands_in_its_chapter_and_in_none_before(word):
    assert word.chapter in PROSE
    assert places(word.term, PROSE[word.chapter]), "its chapter does not use it"
    if word.term not in EVERYDAY:
        before = [k for k in range(1, word.chapter) if places(word.term, PROSE[k])]
        assert not before, f"used before it is explained, in chapter {before}"


@pytest.mark.parametrize(
    "word", [w for w in WORDS if w.chapter < 4], ids=lambda w: w.term
)
def test_a_word_of_the_first_chapters_is_set_apart_where_it_is_explained(word):
    assert any(places(word.term, text) for text in set_apart(PROSE[word.chapter]))


def test_a_meaning_is_one_sentence_and_does_not_explain_itself_by_itself():
    assert 40 <= len(WORDS) <= 90
    assert len(set(NAMES)) == len(NAMES)
    assert [w.chapter for w in WORDS] == sorted(w.chapter for w in WORDS)
    for word in WORDS:
        assert re.fullmatch(r"[A-Z](?:[^.]|\.\d)*\.", word.meaning), word
        assert len(word.meaning) < 110 and "|" not in word.meaning, word
        assert not places(word.term, word.meaning), word


def test_the_table_has_every_word_once_in_the_order_of_the_alphabet():
    head, line, *rows = glossary.table(WORDS).splitlines()
    assert head.count("|") == line.count("|") == 4
    shown = [
        re.fullmatch(r"\| \*\*(.+)\*\* \| (.+) \| (\d) \|", r).groups() for r in rows
    ]
    assert [term.lower() for term, *_ in shown] == sorted(n.lower() for n in NAMES)
    assert {(t, int(c), m) for t, m, c in shown} == {
        (w.term, w.chapter, w.meaning) for w in WORDS
    }


@pytest.mark.parametrize(
    ("term", "text", "there"),
    [
        ("stripe", "Stripes overlap", True),
        ("box", "two boxes", True),
        ("pid", "rapid", False),
        ("mAP", "a map of the book", False),
        ("local branch", "the local branches", True),
        ("query", "a non-query picture", False),
    ],
)
def test_a_word_is_found_in_its_forms_and_not_inside_others(term, text, there):
    assert bool(places(term, text)) == there
