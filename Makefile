# Each target sets itself up: virtual environments live in the project folder.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CHECK := $(BIN)/check-jsonschema --quiet --default-filetype yaml --builtin-schema vendor

.PHONY: demo test lint lint-quick types docs docs-quick bench test-oldest test-kernels mutants picture package clean

demo: $(VENV)/plot
	$(BIN)/python docs/examples/plot_grid_search_diabetes.py

test: $(VENV)/test $(VENV)/engines
	$(BIN)/python -m pytest -n 2 --dist worksteal

lint: lint-quick types

# Before each commit, if you want: .venv/bin/pre-commit install
lint-quick: $(VENV)/lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(CHECK).github-workflows .github/workflows/*.yml
	$(CHECK).dependabot .github/dependabot.yml
	$(CHECK).github-issue-config .github/ISSUE_TEMPLATE/config.yml
	$(CHECK).github-issue-forms .github/ISSUE_TEMPLATE/bug.yml .github/ISSUE_TEMPLATE/feature.yml
	$(CHECK).readthedocs .readthedocs.yaml
	$(CHECK).citation-file-format CITATION.cff
	$(BIN)/zizmor --offline --quiet .

# Before each push.
types: $(VENV)/lint
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
	.venv-oldest/bin/python -m pytest -n 2 --dist worksteal

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

# The extras of the package, and the group of dependencies that the target is named after; groups
# need pip 25.1 or newer.
INSTALL = $(@D)/bin/python -m pip install --quiet 'pip>=25.1' && \
	$(@D)/bin/python -m pip install --quiet --editable '.[plot,arrow,dask]' --group $(@F)

%/bin/python:
	$(PYTHON) -m venv $*

$(VENV)/plot: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[plot]'
	@touch $@

# A group is installed again when the package's metadata changes.
$(VENV)/%: $(VENV)/bin/python pyproject.toml
	$(INSTALL)
	@touch $@

# In an environment of its own, or packages of the tests would hide what its group lacks.
.venv-docs/docs: .venv-docs/bin/python pyproject.toml
	$(INSTALL)
	@touch $@

.venv-oldest/test: .venv-oldest/bin/python pyproject.toml tests/oldest.txt
	$(INSTALL) --constraint tests/oldest.txt
	@touch $@

clean:
	rm -rf .venv .venv-docs .venv-oldest build dist *.egg-info .pytest_cache .hypothesis .mypy_cache .ruff_cache
	rm -rf docs/_build docs/auto_examples docs/generated docs/sg_execution_times.rst

.PRECIOUS: %/bin/python
