# The cells of the declared grid that are not in its record yet, a process each.
# `make study` calls this; what a cell is stands in grid.toml.
import os
import shlex
from pathlib import Path

from reprolib.book.run import runs_folder
from reprolib.study import cells, grid

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
PLACE = cells.Place(runs_folder(config.get("runs") or ""), config.get("photographs") or "")
WHERE = shlex.join(["--runs", str(PLACE.runs), "--data-root", PLACE.photographs])
NAMES = str(config.get("only") or "").split() or list(grid.studies())
STUDIES = [s for s in map(grid.find, NAMES) if PLACE.has_pictures(s)]
TODO = [str(PLACE.file(cell)) for s in STUDIES for cell in cells.missing(s, PLACE)]


localrules: all


rule all:
    input: TODO


rule cell:
    output: f"{PLACE.runs}/study/{{study}}/{{cell}}.json"
    resources: runtime=240, mem_mb=3000
    threads: 1
    shell: "python -m reprolib study run {wildcards.study} {wildcards.cell} {WHERE}"
