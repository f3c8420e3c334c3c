# `make help` is the manual.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 2
export PYTHONHASHSEED ?= 0

.DEFAULT_GOAL := help
.PHONY: help demo test deep lint fmt types floors unit lock bench clean

help: ## show this manual
	@grep -E '^[a-z][a-z-]*:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.run-ready ## one business day over a seeded world of firms, then where to look
	@$(BIN)/trimtab demo --out build/demo

test: lint types floors unit ## everything a change must pass (≤ 25 minutes)

lint: $(VENV)/.test-ready ## ruff: rules and format
	$(BIN)/ruff check src tests bench
	$(BIN)/ruff format --check src tests bench

types: $(VENV)/.test-ready ## mypy, strict
	$(BIN)/mypy

floors: $(VENV)/.test-ready ## the direction of imports
	$(BIN)/lint-imports

unit: $(VENV)/.test-ready ## the test suite
	$(BIN)/pytest -n $(JOBS) --dist worksteal

deep: $(VENV)/.test-ready ## long suites: mutation, large simulations, the big night
	$(BIN)/python bench/deep.py

fmt: $(VENV)/.test-ready ## format and fix what ruff can
	$(BIN)/ruff check --fix src tests bench
	$(BIN)/ruff format src tests bench

lock: $(VENV)/.test-ready ## resolve the two lock files anew
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-header --extra build pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-header --extra build --extra test -c requirements.lock pyproject.toml -o requirements-test.lock

clean: ## remove the environment and what was built
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache mutants

$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.exit("Trimtab needs Python 3.11 or newer; set PYTHON=/path/to/python3") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check uv

$(VENV)/.run-ready: requirements.lock pyproject.toml | $(BIN)/uv
	@test -f $(VENV)/.test-ready || VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install -q --require-hashes -r requirements.lock
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install -q --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.test-ready: requirements-test.lock pyproject.toml | $(BIN)/uv
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install -q --require-hashes -r requirements-test.lock
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install -q --no-deps --no-build-isolation -e .
	@touch $@
