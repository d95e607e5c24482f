"""The exercises of a chapter as the site sets them: one block each, its answer folded.

In a notebook they are a numbered list, and all answers stand in one fold below it. Made
for sphinx-exercise and the dropdowns of sphinx-design.
"""

import re

BLOCK = re.compile(
    r"^(\*\*Exercises.*)\n(1\. .*?)(?:\n\n<details>.*?</summary>(.*?)</details>|\Z)",
    re.DOTALL | re.MULTILINE,
)
EXERCISE = (
    ":::{{exercise}} {number}\n:label: exercise-{number}\n:nonumber:\n\n{text}\n:::"
)
ANSWER = ":::{{dropdown}} Answer to {number}\n\n{text}\n:::"


def blocks(source: str, chapter: int) -> str:
    """A cell of Markdown with its list of exercises, if it has one, as directives."""
    return BLOCK.sub(lambda found: _blocks(*found.groups(), chapter), source)


def _blocks(title: str, listed: str, answers: str | None, chapter: int) -> str:
    texts = _numbered(r"^(\d+)\. ", listed)
    told = _numbered(r"\((\d+)\)\s", answers or "")
    parts = [title]
    for key, text in texts.items():
        number = f"{chapter}.{key}"
        text = re.sub(r"\n +", "\n", text)
        parts.append(EXERCISE.format(number=number, text=text))
        if key in told:
            parts.append(ANSWER.format(number=number, text=told[key]))
    return "\n\n".join(parts)


def _numbered(mark: str, text: str) -> dict[str, str]:
    """What stands behind each number."""
    _, *rest = re.split(mark, text, flags=re.MULTILINE)
    return {n: said.strip() for n, said in zip(rest[::2], rest[1::2], strict=True)}
