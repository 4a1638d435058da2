# Each target sets itself up: virtual environments live in the project folder.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint docs docs-quick bench test-oldest test-kernels mutants picture package clean

demo: $(VENV)/plot
	$(BIN)/python docs/examples/plot_grid_search_diabetes.py

test: $(VENV)/test $(VENV)/engines
	$(BIN)/python -m pytest -n 2

lint: $(VENV)/lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m tests.checkers

# The site, in docs/_build/html; a warning is an error.
docs: .venv-docs/docs
	.venv-docs/bin/python -m sphinx -W --keep-going -b html docs docs/_build/html

# The same without running the gallery.
docs-quick: .venv-docs/docs
	.venv-docs/bin/python -m sphinx -W --keep-going -b html -D plot_gallery=0 docs docs/_build/html

# Of its options: make bench OPTIONS="--only tall"
bench: $(VENV)/bench
	$(BIN)/python -m benchmarks $(OPTIONS)

# The oldest supported versions, in an environment of their own.
test-oldest: .venv-oldest/test
	.venv-oldest/bin/python -m pytest -n 2

# Once for each BLAS kernel that the processor can run: make test-kernels OPTIONS="--fast"
test-kernels: $(VENV)/test
	$(BIN)/python -m tests.kernels $(OPTIONS)

# Whether the tests would notice changes of the core; of some only: make mutants OPTIONS=step.py
mutants: $(VENV)/test
	$(BIN)/python -m tests.mutants $(OPTIONS)

# What would be uploaded, in dist/: built, checked, and tried where nothing else is.
package: $(VENV)/test $(VENV)/package
	rm -rf dist
	$(BIN)/python -m build
	$(BIN)/twine check --strict dist/*
	$(BIN)/check-manifest
	$(BIN)/python -m tests.package

# The picture of the laboratory in README and gallery; needs Chromium.
picture: $(VENV)/test
	$(BIN)/python -m tests.plotting.picture

# An extra is installed again when the package's metadata changes.
$(VENV)/%: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[$*]'
	@touch $@

%/bin/python:
	$(PYTHON) -m venv $*

# In an environment of its own, or packages of the tests would hide what its extra lacks.
.venv-docs/docs: .venv-docs/bin/python pyproject.toml
	.venv-docs/bin/python -m pip install --quiet --editable '.[docs]'
	@touch $@

.venv-oldest/test: .venv-oldest/bin/python pyproject.toml tests/oldest.txt
	.venv-oldest/bin/python -m pip install --quiet --editable '.[test,plot]' --constraint tests/oldest.txt
	@touch $@

clean:
	rm -rf .venv .venv-docs .venv-oldest build dist *.egg-info .pytest_cache .hypothesis .mypy_cache .ruff_cache
	rm -rf docs/_build docs/auto_examples docs/generated docs/sg_execution_times.rst

.PRECIOUS: %/bin/python
