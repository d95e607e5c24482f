"""The exercises of a chapter as the site sets them: one block each, its answer folded.

In a notebook they are a numbered list, and all answers stand in one fold below it. Made
for sphinx-exercise.
"""

import re

BLOCK = re.compile(
    r"^(\*\*Exercises.*)\n(1\. .*?)(?:\n\n<details>.*?</summary>(.*?)</details>|\Z)",
    re.DOTALL | re.MULTILINE,
)
EXERCISE = ":::{{exercise}}\n:label: {label}\n\n{text}\n:::"
SOLUTION = ":::{{solution}} {label}\n:class: dropdown\n\n{text}\n:::"


def blocks(source: str, chapter: int) -> str:
    """A cell of Markdown with its list of exercises, if it has one, as directives."""
    return BLOCK.sub(lambda found: _blocks(*found.groups(), chapter), source)


def _blocks(title: str, listed: str, answers: str | None, chapter: int) -> str:
    texts = _numbered(r"^(\d+)\. ", listed)
    told = _numbered(r"\((\d+)\)\s", answers or "")
    parts = [title]
    for number, text in texts.items():
        label = f"exercise-{chapter}-{number}"
        parts.append(EXERCISE.format(label=label, text=re.sub(r"\n +", "\n", text)))
        if number in told:
            parts.append(SOLUTION.format(label=label, text=told[number]))
    return "\n\n".join(parts)


def _numbered(mark: str, text: str) -> dict[str, str]:
    """What stands behind each number."""
    _, *rest = re.split(mark, text, flags=re.MULTILINE)
    return {n: said.strip() for n, said in zip(rest[::2], rest[1::2], strict=True)}
