# The order of the chapters and what each needs. `make reproduce` calls this.
import os
import shlex
from pathlib import Path

from reprolib.book.run import open_run
from reprolib.study import variants

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
WHERE = [config.get(k) or usual for k, usual in (
    ("profile", "quick"), ("dataset", "drawn"), ("data_root", ""), ("runs", ""))]
PROFILE, DATASET, DATA_ROOT, RUNS = map(str, WHERE)
RUN = open_run("", PROFILE, DATASET, DATA_ROOT, RUNS)
BASE, SETTINGS = RUN.base, RUN.settings
OPTIONS = shlex.join(["--profile", PROFILE, "--dataset", DATASET, "--data-root",
                      DATA_ROOT, "--runs", RUNS])


def rooms(*names):
    """Every file of code or facts in these rooms of the library."""
    places = [Path("reprolib", name) for name in names]
    files = [f for p in places for f in ([p] if p.is_file() else p.rglob("*"))]
    return sorted(str(f) for f in files if f.suffix in (".py", ".toml", ".csv", ".json"))


PICTURES = rooms("data", "settings")
LEARNING = rooms("alignment", "losses.py", "networks", "training", "study/store.py")
SCORING = rooms("evaluation", "reranking.py")
REST = rooms("human", "study", "book/figures.py", "book/reported.csv", "book/run.py")
RECORDS = sorted(map(str, Path("notebooks/records").glob("*.json*")))

# Where the study is committed in a record, the book trains the first seed beside it.
GRID = variants.grid(SETTINGS)
# Of that the chapters look into these.
LOOKED_INTO = [variants.name(m, SETTINGS.data.box_error)
               for m in ("global", "unaligned", "aligned", "mutual")]
NOW = [(v, s) for v, s in GRID
       if not RUN.recorded or (s in RUN.seeds and v in LOOKED_INTO)]
DOSES = {SETTINGS.data.box_error, *(SETTINGS.study.doses if DATASET == "drawn" else ())}
DATA = [f"{BASE}/data/box-{dose:g}.txt" for dose in sorted(DOSES)]


def trained(pairs):
    return [f"{BASE}/trained/{variant}-s{seed}" for variant, seed in pairs]


def results(*chapters):
    return [f"{BASE}/{chapter}/results.json" for chapter in chapters]


TAUGHT = [(variants.name(m, SETTINGS.data.box_error), 0) for m in ("aligned", "mutual")]
CHAPTERS = {
    "01_data": DATA,
    "02_alignment": DATA,
    "03_network_and_losses": DATA,
    "04_training": trained(TAUGHT),
    "05_ablations": results("04_training") + trained(NOW),
    "06_benchmark": results("05_ablations"),
    "07_human_versus_model": results("04_training"),
    "08_verdict": results("02_alignment", "03_network_and_losses", "06_benchmark",
                          "07_human_versus_model"),
    # The first chapter shows the results of all others, so it runs last.
    "00_start": results("08_verdict"),
}


localrules: all, study


rule all:
    input: results(*CHAPTERS)


rule study:
    input: trained(GRID)
    shell: "python -m reprolib record {OPTIONS}"


rule data:
    input: PICTURES
    output: f"{BASE}/data/box-{{dose}}.txt"
    priority: 2
    shell: "python -m reprolib prepare --box {wildcards.dose} {OPTIONS} > {output:q}"


rule train:
    input: LEARNING, SCORING, DATA
    output: f"{BASE}/trained/{{variant}}-s{{seed}}"
    wildcard_constraints: variant=r"\w+-box[\d.]+", seed=r"\d+"
    shell: "python -m reprolib train {wildcards.variant} --seed {wildcards.seed} "
           "{OPTIONS} > {output:q}"


for chapter, needs in CHAPTERS.items():
    rule:
        name: f"chapter_{chapter}"
        input: LEARNING, SCORING, REST, RECORDS, f"notebooks/{chapter}.py", needs
        output: results(chapter), f"{BASE}/{chapter}/{chapter}.ipynb"
        params: chapter=chapter
        priority: 1
        shell: "python -m reprolib run {params.chapter} {OPTIONS} > /dev/null"
