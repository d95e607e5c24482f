"""The results in README.md, written from committed records."""

import re

from reprolib.book import answer, benchmark, machines, promise, reported
from reprolib.errors import ReproError
from reprolib.study import headline, provenance, records, verdicts
from reprolib.study.store import write_text

MEASURED = {"promise": promise, "machines": machines}
# What others report on the data set of a table.
BESIDE = {"cuhk03-new": "CUHK03 (new protocol)"}


def refresh() -> list[str]:
    """Rewrite the results that README.md has a place for.

    A place is what stands between `<!-- results: NAME -->` and `<!-- end -->`; it
    stays as it is where nothing is recorded yet. NAME is one of `headline.TABLES` or of
    `MEASURED`, "claims", or "speed" for the last benchmark. Returns what was written.
    """
    path, written = provenance.project_root() / "README.md", []

    def replaced(match: re.Match) -> str:
        name = match[1]
        if name == "speed":
            text = benchmark.table(benchmark.read())
        elif name == "claims":
            text = answers()
        elif name in MEASURED and (records.folder() / f"{name}.json").exists():
            text = MEASURED[name].text(MEASURED[name].read())
        elif name in headline.TABLES and len(headline.table(name)):
            text = block(name)
        else:
            return match[0]
        written.append(name)
        return f"<!-- results: {name} -->\n{text}\n<!-- end -->"

    text = path.read_text(encoding="utf-8")
    pattern = r"<!-- results: (\S+) -->\n.*?<!-- end -->"
    if not re.search(pattern, text, re.S):
        raise ReproError(f"{path}: no place for results: <!-- results: NAME -->")
    write_text(path, re.sub(pattern, replaced, text, flags=re.S))
    return written


def block(name: str) -> str:
    """The headline rows of a table, where they come from, and what others report."""
    parts = [rows(name), f"*{headline.made_by(name)}*"]
    if name in BESIDE:
        parts.append(published(BESIDE[name]))
    return "\n\n".join(parts)


def published(dataset: str) -> str:
    """A sentence with the reported rows of a data set, source by source."""
    table, said = reported.load().query("dataset == @dataset"), []
    for source, rows in table.groupby("source", sort=False):
        each = [f"{r.method} {r.rank1:g} / {r.mAP:g}" for r in rows.itertuples()]
        (status,) = rows.status.unique()
        said.append(f"{source} (mark {status}): {'; '.join(each)}")
    (protocol,) = table.protocol.unique()
    return f"Reported there, rank-1 / mAP, {protocol}. {'. '.join(said)}."


def rows(name: str) -> str:
    """A Markdown table of the headline rows."""
    table = headline.table(name)
    lines = [f"| method | {' | '.join(table)} |"]
    lines.append("|---|" + "---:|" * len(table.columns))
    lines += [f"| {title} | {' | '.join(row)} |" for title, *row in table.itertuples()]
    return "\n".join(lines)


def answers() -> str:
    """What came out of the claims on which the answer rests, a line each."""
    return "\n".join(f"- {one.claim.says}: *{one.sentence()}*" for one in asked())


def asked() -> list[verdicts.Finding]:
    """What came out of the claims on which the answer rests."""
    found = {one.claim.name: one for one in verdicts.findings()}
    return [found[name] for name in answer.spoken()]
