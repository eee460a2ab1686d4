# Wangge: every task of the project. Bare `make` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
PORT ?= 8000
export PORT
# Whoever forbids Python to keep compiled modules pays with seconds at every start.
export PYTHONDONTWRITEBYTECODE :=
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest

.PHONY: help setup demo serve test prove check bench format lock clean

help:  ## list the tasks
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.installed maps/static/vendor/.installed  ## make .venv and fetch the map assets

# The virtual environment: exactly what the lock file says, by hash.
$(VENV)/.installed: requirements.lock installer.lock pyproject.toml
	@echo "— Python packages into $(VENV), three steps; the first time a few minutes"
	@echo "  1/3 the environment and its installer (about half a minute)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r installer.lock
	@echo "  2/3 the packages of requirements.lock, some hundred megabytes (one to eight minutes)"
	@$(BIN)/uv pip sync --python $(BIN)/python --require-hashes requirements.lock installer.lock 2>&1 | grep -E '^(Resolved|Prepared|Installed|error|warning)|×|╰|─' || test $${PIPESTATUS[0]} -eq 0
	@echo "  3/3 Wangge itself"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

# Leaflet and Swagger UI: exact versions, checked by npm against the lock file's sums.
maps/static/vendor/.installed: package.json package-lock.json maps/assets.py maps/assets.sha256 $(VENV)/.installed
	@echo "— map assets into maps/static/vendor (some seconds; longer where Node has to be found first)"
	@$(BIN)/python -m maps.assets
	@touch $@

demo: setup  ## make everything ready, load the demo regions and serve them on 127.0.0.1:$PORT
	@$(BIN)/wangge packages --install
	@exec $(BIN)/wangge demo

serve: setup  ## serve the database as it is
	@exec $(BIN)/wangge serve

test: setup  ## run every test, browser tests included
	@$(BIN)/wangge packages --tests --install
	@$(PYTEST) -n 3 -m "not prove"

prove: setup  ## run the long, full-size proofs
	@$(BIN)/wangge packages --tests --install
	@$(PYTEST) -m prove

check: setup  ## format, lint, types, import contract, migrations against tables
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/wangge packages --install
	@$(BIN)/python -m migrations.check

bench: setup  ## measure locating, intake, coverage and the index beside their peers
	@$(BIN)/wangge packages --install
	@$(BIN)/python -m tests.bench
	@$(BIN)/python -m tests.bench_intake
	@$(BIN)/python -m tests.bench_coverage
	@$(BIN)/python -m tests.bench_addresses
	@$(BIN)/python -m tests.bench_tiling
	@$(BIN)/python -m tests.bench_locate
	@$(BIN)/python -m tests.bench_measured
	@$(BIN)/python -m tests.bench_relations
	@$(BIN)/python -m tests.bench_rehoming
	@$(BIN)/python -m tests.bench_import --buildings 100000
	@$(BIN)/python -m tests.bench_nets
	@$(BIN)/python -m tests.bench_osm

format: setup  ## put the code into its one form
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: $(VENV)/.installed  ## write the lock files anew
	@$(BIN)/uv pip compile --universal --python-version 3.11 --upgrade --quiet --generate-hashes --no-header --no-annotate --group dev pyproject.toml -o requirements.lock
	@npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved

clean:  ## remove what setup made
	rm -rf $(VENV) node_modules maps/static/vendor build *.egg-info
