"""What a run of the book takes, as measured, for README.md."""

from reprolib.study import records


def text(record: dict) -> str:
    """Time, memory and disk of `make reproduce`, in a sentence on the machine."""
    host = record["hardware"]
    return (
        f"From an installed environment of {record['venv_gb']:.1f} GB, "
        f"`make reproduce` took **{record['minutes']:.0f} minutes**; its largest "
        f"process held {record['largest_process_gb']:.1f} GB of memory (there are two "
        f"at a time), and `runs/` then {record['runs_gb']:.1f} GB of disk. *Measured "
        f"by `make promise` on {host['cpu']}, {host['cores']} cores, no GPU, "
        f"{record['date']}, commit {record['commit'][:9]}.*"
    )


def read() -> dict:
    """The last measurement of a whole run; `ReproError` where there is none."""
    return records.read("promise", "a whole run of the book", "make promise")
