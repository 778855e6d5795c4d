PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
export PYTHONDONTWRITEBYTECODE ?= 1

.PHONY: help setup test lint types lock clean

help:  ## what can be made here
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

setup: $(STAMP)  ## the environment in .venv, exact versions from requirements.lock

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed; this is " + sys.version)'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing the exact versions of requirements.lock into .venv"
	@# uv installs several times faster; where it cannot be had, pip does the same.
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv==$(shell sed -n 's/^uv==\([^ ]*\).*/\1/p' requirements.lock)' \
	  && $(BIN)/python -m uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock \
	  || $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

test: setup lint types  ## everything that must hold; .ci/run calls this
	@$(BIN)/python -m pytest -n 2 --dist loadscope

lint: setup  ## ruff: rules and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: setup  ## mypy, strict, on vtlib
	@$(BIN)/mypy

lock:  ## resolve pyproject.toml again into requirements.lock and environment.yml
	@$(BIN)/python .ci/lock.py

clean:  ## remove the environment and caches; outputs/ stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
