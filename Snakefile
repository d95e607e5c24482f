# The order of the chapters and what each needs. `make reproduce` calls this.
import os
import shlex
from pathlib import Path

from reprolib import experiments, profiles

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
USUAL = {"profile": "quick", "dataset": "drawn", "data_root": "", "runs": "runs"}
WHERE = {k: str(config.get(k) or v) for k, v in USUAL.items()}
SETTINGS = profiles.settings(WHERE["profile"], WHERE["dataset"])
BASE = f"{WHERE['runs']}/{WHERE['dataset']}-{WHERE['profile']}"
BOX = round(SETTINGS.box_error)

# What runs a chapter, writes its record or fetches photographs cannot change what a
# network learns.
RUNNERS = {f"{n}.py" for n in ("__main__", "cli", "data_commands", "notebooks",
                                "publishing", "readme", "progress")}
CHAPTER_ONLY = {f"{n}.py" for n in ("figures", "human", "reported", "reranking",
                                     "records", "machine", "speed", "leak",
                                     "measurements")}
CODE = [str(p) for p in sorted(Path("reprolib").rglob("*"))
        if p.suffix in (".py", ".toml", ".csv") and p.name not in RUNNERS
        and p.parent.name != "holdings"]
LEARNING = [p for p in CODE if Path(p).name not in {*CHAPTER_ONLY, "reported.csv"}]

# Only drawn people can be made to leak at will.
WANTED = experiments.grid(SETTINGS)
WANTED += experiments.leaks(SETTINGS) if WHERE["dataset"] == "drawn" else []
GRID = [f"{variant}-s{seed}" for variant, seed in WANTED]
TAUGHT = [f"{method}-box{BOX}-s0" for method in ("aligned", "mutual")]
OPTIONS = shlex.join(["--profile", WHERE["profile"], "--dataset", WHERE["dataset"],
                      "--data-root", WHERE["data_root"], "--runs", WHERE["runs"]])


def models(names):
    return [f"{BASE}/models/{name}/results.json" for name in names]


def records(*chapters):
    return [f"{BASE}/{chapter}/results.json" for chapter in chapters]


# Photographs are opened once; the drawn data are drawn for every dose of box error.
DOSES = {SETTINGS.box_error, *(SETTINGS.doses if WHERE["dataset"] == "drawn" else ())}
DATA = [f"{BASE}/data/box-{dose:g}.txt" for dose in sorted(DOSES)]

# chapter: (what it reads, what it makes beside its own notebook and record)
CHAPTERS = {
    "01_data": (DATA, []),
    "02_alignment": (DATA, []),
    "03_network_and_losses": (DATA, []),
    "04_training": (DATA, models(TAUGHT)),
    "05_ablations": (records("04_training") + models(GRID)
                     + ["reprolib/leak.json"], []),
    "06_benchmark": (records("05_ablations") + ["reprolib/speed.json"], []),
    "07_human_versus_model": (records("04_training"), []),
    "08_verdict": (records("02_alignment", "03_network_and_losses", "06_benchmark",
                           "07_human_versus_model"), []),
    # The first chapter shows the results of all others, so it runs last.
    "00_start": (records("08_verdict"), []),
}


rule all:
    input: records(*CHAPTERS)


rule data:
    input: [p for p in CODE if "data/" in p or "profiles" in p]
    output: BASE + "/data/box-{dose}.txt"
    params: options=OPTIONS
    priority: 2
    shell: "python -m reprolib prepare --box {wildcards.dose} {params.options} > {output:q}"


rule model:
    input: LEARNING, DATA
    output: BASE + "/models/{variant}-s{seed}/results.json"
    wildcard_constraints: variant=r"\w+-box[01]", seed=r"\d+"
    params: options=OPTIONS
    shell: "python -m reprolib train {wildcards.variant} --seed {wildcards.seed} "
           "{params.options} > /dev/null"


for chapter, (needs, makes) in CHAPTERS.items():
    rule:
        name: f"chapter_{chapter}"
        input: CODE, f"notebooks/{chapter}.py", needs
        output: records(chapter), f"{BASE}/{chapter}/{chapter}.ipynb", makes
        params: chapter=chapter, options=OPTIONS
        priority: 1
        shell: "python -m reprolib run {params.chapter} {params.options} > /dev/null"


ruleorder: chapter_04_training > model
