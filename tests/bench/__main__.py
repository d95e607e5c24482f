"""Print one line a task and write notebooks/records/benchmark.json."""

import torch

from bench import growth, tasks
from bench.reading import reading_tasks
from bench.steps import step_tasks
from bench.timing import peak_megabytes, timed
from reprolib.study import records

GROUPS = (
    tasks.alignment_tasks,
    tasks.training_tasks,
    step_tasks,
    tasks.ranking_tasks,
    tasks.reranking_tasks,
    tasks.large_gallery_tasks,
    reading_tasks,
)


def row(task):
    """Measure one task: its record for the table, in the task's own unit."""
    found = timed(task.call, threads=task.threads)
    scaled = {k: found[k] * task.scale for k in ("least", "most")}
    plain = None
    if task.plain:
        plain = timed(task.plain, repeats=1)["seconds"]
        plain *= task.plain_scale or task.scale
    return {
        "name": task.name,
        "unit": task.unit,
        "value": found["seconds"] * task.scale,
        **scaled,
        "repeats": found["repeats"],
        "threads": found["threads"],
        "plain": plain,
        "megabytes": peak_megabytes(task.memory) if task.memory else None,
    }


def show(row):
    threads = "1 thread " if row["threads"] == 1 else f"{row['threads']} threads"
    line = f"{row['name']:<55} {threads} {row['value']:9.3f} {row['unit']:<2}"
    if row["plain"]:
        line += f"  plain {row['plain']:10.1f}, {row['plain'] / row['value']:6.1f} x"
    if row["megabytes"]:
        line += f"  {row['megabytes']:.0f} MB"
    print(line, flush=True)
    return row


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    rows = [show(row(task)) for group in GROUPS for task in group()]
    found = {
        "rows": rows,
        "stripes": list(growth.by_stripes()),
        "gallery": list(growth.by_gallery()),
        "reranked": list(growth.by_reranked()),
    }
    print(records.write("benchmark", found))


if __name__ == "__main__":
    main()
