"""Links that the site adds to words: chapters, functions, and the works cited."""

import re
from collections.abc import Callable

# What is no running text: code, headings, tables, formulas, links and tags.
ELSE = re.compile(
    r"(^```.*?^```|^\#.*?$|^\|.*?$|`[^`]+`|\$[^$]+\$|!?\[[^\]]*\]\([^)]*\)|<[^>]+>)",
    re.MULTILINE | re.DOTALL,
)
CHAPTERS = re.compile(r"\b[Cc]hapters?\s+\d+\b(?:(?:,| and| or| to)\s\d+\b)*")
FUNCTION = re.compile(
    r"`(?:reprolib\.)?((?:alignment|losses|reranking|evaluation|networks|training)"
    r"\.[a-z_.]+)`"
)
# Works in site/references.bib, by the name under which the chapters speak of them.
WORKS = {
    "Market1501": "zheng2015market",
    "CUHK03": "li2014deepreid",
    "CUHK01": "li2012cuhk01",
    "CUHK-SYSU": "xiao2017joint",
    "MARS": "zheng2016mars",
    "VIPeR": "gray2007viper",
    "TriHard": "hermans2017triplet",
    "mutual learning": "zhang2018mutual",
    "re-ranking": "zhong2017reranking",
    "k-reciprocal": "zhong2017reranking",
    "ResNet-50": "he2016resnet",
    "time warping": "sakoe1978dynamic",
    "Holm": "holm1979simple",
    "Wilson": "wilson1927probable",
    "Fleiss' kappa": "fleiss1971measuring",
    "AlignedReID++": "luo2019plusplus",
}


def chapters(text: str, names: dict[int, str], role: str) -> str:
    """Link every "chapter 5" or "chapters 4 to 6" of `text` to the chapters `names`.

    `role` is the look of a link, such as "{{doc}}`{words} </notebooks/{name}>`".
    """

    def link(words: str, number: str) -> str:
        name = names.get(int(number))
        return role.format(words=words, name=name) if name else words

    def replaced(match: re.Match) -> str:
        words = match[0].replace("\n", " ")
        if len(found := re.findall(r"\d+", words)) == 1:
            return link(words, found[0])
        return re.sub(r"\d+", lambda found: link(found[0], found[0]), words)

    return CHAPTERS.sub(replaced, text)


def linked(text: str, names: dict[int, str], cited: set[str]) -> str:
    """The words of a chapter with links to chapters, functions and works.

    A work is cited where a page names it first; `cited` holds the keys of those that
    this page has cited, and grows.
    """

    def prose(part: str) -> str:
        part = chapters(part, names, "{{doc}}`{words} </notebooks/{name}>`")
        for word, key in WORKS.items():
            if key not in cited:
                word = rf"(?<![\w-]){re.escape(word)}(?:'s)?(?![\w-]|\.?\")"
                part, found = re.subn(word, rf"\g<0> {{cite:p}}`{key}`", part, count=1)
                cited.update([key] * found)
        return part

    def other(part: str) -> str:
        return FUNCTION.sub(r"{py:obj}`\1 <reprolib.\1>`", part)

    return _each(text, prose, other)


def _each(text: str, prose: Callable, other: Callable) -> str:
    """`text` with its prose and all else put through one function each."""
    parts = ELSE.split(text)
    return "".join((other if k % 2 else prose)(part) for k, part in enumerate(parts))
