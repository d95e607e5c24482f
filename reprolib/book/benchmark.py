"""What the core costs, as `make bench` last measured it into its record."""

from reprolib.study import records


def read() -> dict:
    """The record of the last benchmark; chapter 6 draws it.

    `rows`: one task each, `value` the median in `unit`, `least` and `most` of
    `repeats`, `plain` the time of a readable form (or None), `megabytes` its memory
    beyond the inputs (or None). `stripes`, `gallery` and `reranked` hold how cost
    grows, each beside its `floor`. Raises ReproError where there is no record.
    """
    return records.read("benchmark", "a benchmark", "make bench")


def table(record: dict) -> str:
    """A Markdown table of the rows and a line on the machine, for README.md."""
    lines = [
        "| task | threads | time | least to most | plain form | memory |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for row in record["rows"]:
        unit, low, high = row["unit"], figure(row["least"]), figure(row["most"])
        plain, memory = "", ""
        if row["plain"]:
            times = row["plain"] / row["value"]
            plain = f"{figure(row['plain'])} {unit}, {figure(times)} times"
        if row["megabytes"]:
            memory = f"{row['megabytes']:.0f} MB"
        lines.append(
            f"| {row['name']} | {row['threads']} | **{figure(row['value'])} {unit}** "
            f"| {low} to {high} | {plain} | {memory} |"
        )
    host = record["hardware"]
    lines += [
        "",
        f"*Median of {record['rows'][0]['repeats']}; {host['cpu']}, {host['cores']} "
        f"cores, no GPU; torch {record['versions']['torch']}, {record['date']}, commit "
        f"{record['commit'][:9]}.*",
    ]
    return "\n".join(lines)


def figure(value: float) -> str:
    """`value` with three significant digits, never in powers of ten."""
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"
