# The order of the chapters and what each needs. `make reproduce` calls this.
import os
import shlex
from pathlib import Path

from reprolib.book.publish import ROOMS
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
# What decides a chapter's outputs beside its own cells: one list, publishing's.
CODE = rooms(*ROOMS, "book/run.py")
PEOPLE = sorted(map(str, Path("data/human").glob("*.json")))
# The committed records that a chapter reads.
READ = {
    "00_start": ["drawn-*", "cuhk03-boxes", "promise"],
    "01_data": ["boxes"],
    "02_alignment": ["drawn-*", "cuhk03-boxes"],
    "04_training": ["recipe-*", "drawn-length"],
    "05_ablations": ["drawn-*", "cuhk03-boxes", "boxes"],
    "06_benchmark": ["drawn-*", "cuhk03-boxes"],
    "08_verdict": ["*"],
    "09_cost": ["*"],
    "10_open_choices": ["drawn-*", "cuhk03-boxes"],
}
DOSES = {SETTINGS.data.box_error, *(SETTINGS.study.doses if DATASET == "drawn" else ())}
DATA = [f"{BASE}/data/box-{dose:g}.txt" for dose in sorted(DOSES)]


def records(chapter):
    found = (Path("notebooks/records").glob(f"{name}.json*") for name in READ.get(chapter, ()))
    return sorted({str(path) for paths in found for path in paths})


def results(*chapters):
    return [f"{BASE}/{chapter}/results.json" for chapter in chapters]


TAUGHT = [f"{BASE}/trained/{variants.name(method, SETTINGS.data.box_error)}-s0"
          for method in ("aligned", "mutual")]
CHAPTERS = {
    "01_data": DATA,
    "02_alignment": DATA,
    "03_network_and_losses": DATA,
    "04_training": TAUGHT,
    "05_ablations": DATA,
    "06_benchmark": TAUGHT[:1],
    "07_human_versus_model": results("04_training"),
    "08_verdict": results("02_alignment", "03_network_and_losses", "05_ablations",
                          "06_benchmark", "07_human_versus_model", "10_open_choices"),
    "09_cost": [],
    "10_open_choices": TAUGHT[:1],
    # The first chapter shows the times of all others, so it runs last.
    "00_start": results("01_data", "08_verdict", "09_cost"),
}


localrules: all


rule all:
    input: results(*CHAPTERS)


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
        input: CODE, records(chapter), f"notebooks/{chapter}.py", needs, \
            PEOPLE if chapter == "07_human_versus_model" else []
        output: results(chapter), f"{BASE}/{chapter}/{chapter}.ipynb"
        params: chapter=chapter
        priority: 1
        shell: "python -m reprolib run {params.chapter} {OPTIONS} > /dev/null"
