"""Time and memory of one call, measured so that a busy machine disturbs little."""

import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import torch

REPEATS = 5


def timed(call, repeats=REPEATS, threads=1):
    """Seconds of `call`: median, least and most of `repeats`, after one not counted.

    One thread is measured in CPU time, several by the clock on the wall.
    """
    clock = process_time if threads == 1 else perf_counter
    torch.set_num_threads(threads)
    call()
    seconds = []
    for _ in range(repeats):
        start = clock()
        call()
        seconds.append(clock() - start)
    torch.set_num_threads(1)
    return {
        "seconds": median(seconds),
        "least": min(seconds),
        "most": max(seconds),
        "repeats": repeats,
        "threads": threads,
    }


def peak_megabytes(task):
    """Memory that `task` needs beyond its inputs, result included, in its own process.

    `task` names a function of `tasks.MEMORY`; MB are millions of bytes.
    """
    command = [sys.executable, "-m", "bench.timing", task]
    folder = Path(__file__).parents[1]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def _status(key):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key)) * 1024


def _measure(task):
    from bench import tasks

    torch.set_num_threads(1)
    call = tasks.MEMORY[task]()
    Path("/proc/self/clear_refs").write_text("5")  # forgets the peak so far
    before = _status("VmRSS")
    result = call()
    print((_status("VmHWM") - before) / 1e6)
    return result


if __name__ == "__main__":
    _measure(sys.argv[1])
