# The commands of a fresh clone. Each makes .venv with the standard library's venv when it is missing.
# PYTHON may name another interpreter, 3.11 or newer.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
  command -v $$p >/dev/null 2>&1 && $$p -c 'import sys, venv; raise SystemExit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

DEMO_ON := 2026-11-24
DEMO_OUT := demo-plan

.PHONY: help install dev demo test check bench docs lock clean

help:  ## Show these commands
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

install: $(VENV)/.installed  ## Make .venv with voltloop and what it needs

$(VENV)/.installed: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "voltloop needs Python 3.11 or newer with its venv module, and found none. Install one, or run: make PYTHON=/path/to/python3" >&2; exit 2; }
	@echo "Installing voltloop into $(VENV) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes --no-deps -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@echo "Compiling the search for tours (a minute or two) ..."
	@$(BIN)/python -m voltloop.collection.warm
	@touch $@

dev: $(VENV)/.dev

$(VENV)/.dev: $(VENV)/.installed requirements-dev.lock
	@echo "Installing the tools for tests and checks ..."
	@$(PIP) install --require-hashes --no-deps -r requirements-dev.lock
	@touch $@

demo: install  ## Do the main job on the European example
	@rm -rf $(DEMO_OUT)
	@$(BIN)/voltloop plan examples/europe/returns.csv --network examples/europe/network --on $(DEMO_ON) -o $(DEMO_OUT)

test: dev  ## Run the tests
	@$(BIN)/python -m pytest -n 2

check: dev  ## The gate: format, lint, types, floors, docs, tests
	@scripts/check

bench: dev  ## Run the benchmarks; results go to benchmarks/results
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

docs: dev  ## Build the documentation into site/
	@$(BIN)/python scripts/make_docs.py
	@$(BIN)/zensical build --clean

lock: dev  ## Renew the lock files from pyproject.toml: names, versions and hashes only
	@scripts/lock

clean:  ## Remove what was made
	@rm -rf $(VENV) $(DEMO_OUT) build dist site src/*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis src/voltloop/collection/kernel/__pycache__
