# Two commands set up everything: make sync, make test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: sync test lint bench docs format clean

sync: $(VENV)/installed
	$(BIN)/pallet sync

test: $(VENV)/installed-test
	$(BIN)/python -m tests.support.install_registry
	$(BIN)/python -m pytest -n auto --cov --cov-report=term

# A million strange inputs for everything that reads foreign text: a few minutes, so no part of test.
fuzz: $(VENV)/installed-test
	$(BIN)/python -m tests.fuzz

lint: $(VENV)/installed-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pallet lock --check

bench: $(VENV)/installed-test
	$(BIN)/python -m tests.support.install_registry
	$(BIN)/python -m benchmarks

docs: $(VENV)/installed-test
	$(BIN)/python -m reconciler.reports.pages docs

format: $(VENV)/installed-test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) .cache .pallet dist

$(VENV)/installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "pallet needs Python 3.11 or later: set PYTHON=…")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/installed-test: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --group test --group lint
	touch $@
