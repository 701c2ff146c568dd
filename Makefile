# estatecheck: `make scan` to see it work, `make test` and `make check` before a change is handed on.
INVENTORY ?= examples/this-machine.yaml
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 4
export PYTHONDONTWRITEBYTECODE := # hundreds of tests start the command: compile it once

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev scan test soak check lock bench verifier example-report gallery clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

setup: $(BIN)/estatecheck ## make the virtual environment with hash-pinned requirements

$(VENV)/made:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11" if sys.version_info < (3, 11) else 0)'
	@echo "Setting up $(VENV) with the pinned requirements (once)"
	@$(PYTHON) -m venv $(VENV) || { echo "On Debian: apt-get install python3-venv"; exit 1; }
	@touch $@

$(BIN)/estatecheck: $(VENV)/made requirements/base.txt pyproject.toml
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/base.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

setup-dev: $(VENV)/dev ## the same, with what tests and checks need

$(VENV)/dev: $(BIN)/estatecheck requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/dev.txt
	@touch $@

scan: $(BIN)/estatecheck ## scan this machine, or INVENTORY=my-estate.yaml
	@$(BIN)/estatecheck scan --inventory $(INVENTORY)

test: setup-dev ## install what the tests need and run them all
	@tests/lab/install
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -q

soak: setup-dev ## the long tests: kills, full disks, two daemons, an old Debian
	@tests/lab/install
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -q -m soak

check: setup-dev ## lint, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

lock: ## pin the requirements again (needs uv)
	for name in base dev; do uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header requirements/$$name.in --output-file requirements/$$name.txt; done

bench: setup-dev ## the benchmarks behind docs/performance.md (several minutes)
	benchmarks/run

verifier: $(BIN)/estatecheck ## write verify_evidence.py, for those who verify without estatecheck
	@$(BIN)/estatecheck evidence verifier -o verify_evidence.py

example-report: setup-dev ## a simulated estate of 400 assets lives through a year: its record and all reports, in out/example
	$(BIN)/python -m examples.simulated out/example

gallery: setup-dev ## pictures of that example for docs/gallery.md (needs chromium, poppler-utils, libreoffice-calc)
	$(BIN)/python -m examples.simulated.gallery out/example docs/gallery

clean: ## remove what was built; the record stays
	rm -rf $(VENV) out
