# Two commands on a fresh machine: `make demo` and `make test`.

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: demo test lint package docs docs-quick bench clean

demo: $(VENV)/.plot
	$(BIN)/smoothdiff demo

test: $(VENV)/.test
	$(BIN)/python -m pytest -n auto --dist worksteal

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Builds the wheel and the source archive, and installs each in a fresh environment.
package: $(VENV)/.test
	.ci/package $(VENV)

# The site: open docs/_build/html/index.html. docs-quick leaves out the scripts' numbers and pictures.
docs: $(VENV)/.docs
	rm -rf docs/api/generated
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
	$(BIN)/python docs/check_site.py docs/_build/html

docs-quick: $(VENV)/.docs
	rm -rf docs/api/generated
	SMOOTHDIFF_DOCS=quick $(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/quick
	$(BIN)/python docs/check_site.py docs/_build/quick

# All benchmarks, and the pages that have their figures.
bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks
	$(BIN)/python docs/figures.py

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "smoothdiff needs Python 3.11 or newer: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.plot: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[plot]'
	touch $@

$(VENV)/.test: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	touch $@

$(VENV)/.docs: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[docs]'
	touch $@

$(VENV)/.bench: $(VENV)/.test
	$(BIN)/python -m pip install --quiet 'imbalanced-learn>=0.14'
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info docs/_build docs/guide docs/gallery docs/api/generated
