PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
# The main faults, met on services that are not our simulator.
PEER_FAULTS := tests/capture/test_open_orders.py tests/media/test_slow_media.py tests/cli/test_model_money.py \
  tests/jobs/test_faults.py tests/jobs/test_machines.py
# Half of the tests' time is waiting (for servers, kernels, browsers): two processes a core.
TEST_PROCESSES = $(shell $(PYTHON) -c 'import os; print(2 * min(os.cpu_count() or 1, 4))')
# Set in many containers, it makes every start of Python compile every module again.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup demo team lab test lint types bench soak faults mutants docs lock clean

help:  ## what can be made here
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

setup: $(STAMP)  ## the environment in .venv, exact versions from requirements.lock

$(STAMP): requirements.lock pyproject.toml simulator/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed; this is " + sys.version)'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing the exact versions of requirements.lock into .venv"
	@# uv, itself by the hashes of the lock, installs several times faster; where it cannot be had, pip does the same.
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > .venv/uv.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r .venv/uv.lock \
	  && $(BIN)/python -m uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock \
	  || $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable . --editable simulator
	@touch $(STAMP)

demo: setup  ## the whole pipeline on a simulated world, to rendered reports
	@$(BIN)/python -m simulator demo .

team: setup  ## PostgreSQL, S3 and two workers on this machine, with the demo in it, until Ctrl-C
	@$(BIN)/python -m simulator team .

lab: setup  ## the desk of the demo in a window of its own, on the workspace in VT_HOME or this folder
	@$(BIN)/vt desk demo

test: setup lint  ## everything that must hold, types too; .ci/run calls this
	@# mypy takes one core for a minute where it has no cache yet: beside the tests, behind them in rank.
	@nice $(MAKE) --no-print-directory types > .venv/types.txt 2>&1 & types=$$!; \
	  $(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadscope --no-loadscope-reorder; tests=$$?; \
	  wait $$types; types=$$?; cat .venv/types.txt; exit $$((tests | types))

lint: setup  ## ruff (rules and format, notebooks too), no outputs in git
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/nbstripout --keep-id --verify notebooks/*.ipynb

types: setup  ## mypy, strict, on vtlib, the simulator and the cells of the notebooks
	@$(BIN)/python .ci/typecheck.py

# `make bench -- scale reach` runs those alone, at their full size where they have one.
BENCHES := $(patsubst bench/%.py,%,$(wildcard bench/*.py))
NAMED := $(if $(filter bench,$(MAKECMDGOALS)),$(filter $(BENCHES),$(MAKECMDGOALS)))
FULL_SIZE := scale outliers library machines millions

bench: setup  ## ratios measured in one run beside their reference; `make bench -- scale`: that one alone
	@missed=""; for name in $(or $(NAMED),$(BENCHES)); do echo; echo "$$name"; \
	  full=$(if $(NAMED),$$(echo " $(FULL_SIZE) " | grep -q " $$name " && echo --full)); \
	  $(BIN)/python bench/$$name.py $$full || missed="$$missed $$name"; done; \
	  test -z "$$missed" || { echo; echo "missed or failed:$$missed"; exit 1; }

$(if $(NAMED),$(eval .PHONY: $(NAMED))$(eval $(NAMED): ; @:))

soak: setup  ## eight processes on one database for a minute; the plug pulled twenty times; 50,000 bad values
	@VT_SOAK_S=60 $(BIN)/python -m pytest tests/store -k eight -s
	@VT_KILLS=10 $(BIN)/python -m pytest tests/run/test_killed.py
	@VT_FUZZ=50000 $(BIN)/python -m pytest tests/cli/test_any_value.py --timeout=7200

faults: setup  ## every fault and every kill through the real commands: paid twice and rows lost must be 0
	@bad=0; $(BIN)/python -m simulator tour || bad=1; \
	  echo; $(BIN)/python -m tests.peers.matrix || bad=1; \
	  echo; VT_ALL_FAULTS=1 $(BIN)/python -m pytest $(PEER_FAULTS) || bad=1; exit $$bad

mutants: setup  ## small changes to the modules of money, loss and truth: at least 88 % must be noticed
	@$(BIN)/python .ci/mutants.py --seed $(or $(SEED),1) --sample $(or $(SAMPLE),120)

docs: setup  ## the generated pages of docs/: commands, parameters, schema
	@$(BIN)/python -m vtlib.cli.docs

lock:  ## resolve pyproject.toml again into requirements.lock and environment.yml
	@$(BIN)/python .ci/lock.py

clean:  ## remove the environment and caches; outputs/ stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
