# Everything the book does has a target here; `make help` lists them.
PYTHON ?= python3
PROFILE ?= quick
DATASET ?= drawn
DATA_ROOT ?=
RUNS ?=
ONLY ?=
EXTRA ?=
CORES ?= 2
# One thread a job, because CORES jobs run side by side.
export OMP_NUM_THREADS ?= 1
# Progress of long steps: a line every ten seconds.
export TQDM_MININTERVAL ?= 10

SHELL := bash
.SHELLFLAGS := -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
BIN := .venv/bin
BOOK := $(BIN)/python -m reprolib
WHERE = --profile "$(PROFILE)" --dataset "$(DATASET)" --data-root "$(DATA_ROOT)" --runs "$(RUNS)"
LOG = .snakemake/last.log
# Bars as lines; of what Snakemake says, what went wrong.
LINES = stdbuf -oL tr '\r' '\n' | sed -uE '/^ *$$|: +0%\||^(Assuming|Building|Using|Select|Execute)/d'
SNAKEMAKE = mkdir -p .snakemake && PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/snakemake \
	--cores $(CORES) --quiet rules reason host progress --rerun-incomplete --config \
	profile="$(PROFILE)" dataset="$(DATASET)" data_root="$(DATA_ROOT)" runs="$(RUNS)" --

# EXTRA="--profile reprolib/study/slurm" sends the cells to a cluster.
SNAKEMAKE_STUDY = mkdir -p .snakemake && PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/snakemake \
	--snakefile reprolib/study/study.smk --cores $(CORES) --keep-going --rerun-incomplete \
	--quiet rules reason host progress $(EXTRA) --config only="$(ONLY)" \
	photographs="$(DATA_ROOT)" runs="$(RUNS)" --

.PHONY: help setup reproduce book test publish notebooks exercises site slides study bench boxes machines promise clean

help: ## this list
	@echo "make TARGET [PROFILE=smoke|quick|paper] [DATASET=drawn] [DATA_ROOT=folder] [CORES=2]"
	@sed -nE 's/^([a-z]+):.*## (.*)/  \1\t\2/p' Makefile | expand -t 14

setup: .venv/.ready ## make .venv with the package and its Jupyter kernel

.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; v in ((3, 11), (3, 12)) or sys.exit( \
	    f"error: {sys.executable} is Python {v[0]}.{v[1]}; expected 3.11 or 3.12. " \
	    "Name another one: make setup PYTHON=python3.12")'
	@echo "[setup] installing several GB into .venv; this takes some minutes, once"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --disable-pip-version-check -r requirements.lock \
	    | sed -unE -e 's/^Collecting ([^ ;(]*).*/[setup] getting \1/p' \
	        -e 's/^Installing .*/[setup] unpacking everything: a minute or two more/p'
	@$(BIN)/python -m pip install --disable-pip-version-check -q --no-deps -e .
	@$(BIN)/python -m ipykernel install --sys-prefix --name python3 > /dev/null
	@touch $@; echo "[setup] done"

reproduce: book ## run the whole book, then show its results
	@$(BOOK) table $(WHERE)

# Of a failed run the last line is its reason.
book: setup
	@$(BOOK) ready $(WHERE) --cores "$(CORES)"
	@$(SNAKEMAKE) all 2>&1 | $(LINES) | tee $(LOG) \
	    || { grep -h '^error:' $(LOG) | tail -1 >&2; exit 1; }

test: setup ## run the tests
	@$(BIN)/ruff check .
	@$(BIN)/python -m pytest -n $(CORES)

publish: ## run the book at quick, refresh the committed notebooks and figures
	@$(MAKE) --no-print-directory book PROFILE=quick DATASET=drawn DATA_ROOT=
	@$(BOOK) publish --runs "$(RUNS)"

notebooks: setup ## bring each notebook up to its .py, keeping outputs
	@$(BOOK) sync

exercises: setup ## write exercises/: the chapters with their solutions cut out
	@$(BOOK) exercises

site: setup ## build site/_build/html/index.html from the published notebooks
	@$(BOOK) site
	@$(BIN)/sphinx-build -W --keep-going -q -b html \
	    -d site/_build/doctrees site/_source site/_build/html
	@$(BOOK) slides > /dev/null
	@echo "[site] site/_build/html/index.html"

slides: setup ## cut slides for teachers from the chapters, into the built site
	@$(BOOK) slides

study: setup ## compute what the records lack (ONLY="drawn-main", DATA_ROOT=folder)
	@$(BOOK) ready --cores "$(CORES)"
	@$(SNAKEMAKE_STUDY) all 2>&1 | $(LINES); status=$$?; \
	    $(BOOK) study record $(ONLY) --runs "$(RUNS)" && exit $$status

bench: setup ## time the library against plain forms (wants a quiet machine)
	@cd tests && ../$(BIN)/python -m bench
	@$(BOOK) readme

boxes: setup ## register CUHK03's two kinds of box (DATA_ROOT=folder), write the record
	@$(BOOK) study boxes --data-root "$(DATA_ROOT)" --runs "$(RUNS)"

machines: setup ## train on this processor and as on a plain one, write the record
	@cd tests && ../$(BIN)/python -m bench.machines

promise: setup ## time a whole run of the book into an empty runs/, write the record
	@cd tests && ../$(BIN)/python -m bench.promise

clean: ## remove what runs left, not .venv
	rm -rf runs site/_source site/_build .snakemake .pytest_cache .ruff_cache .hypothesis
