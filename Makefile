# Two commands matter: `make run` and `make test`. Everything else is a step of theirs.
# uv installs in seconds where it is on the PATH; pip does the same work without it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)
RUNTIME := $(VENV)/.runtime-installed
TESTING := $(VENV)/.test-installed

.DEFAULT_GOAL := help
.PHONY: help install install-test run test check format lock bench clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 16

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Parley needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# $(1): the lock file. Both installers refuse anything whose hash is not in it. pip compiles what it
# copies, not what it links to; else each start would where Python is told to keep no bytecode.
define install_lock
	$(if $(UV),$(UV) pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r $(1),$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1))
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q src
endef

$(RUNTIME): $(BIN)/python requirements.lock pyproject.toml
	$(call install_lock,requirements.lock)
	@touch $@

$(TESTING): $(BIN)/python requirements-test.lock pyproject.toml
	$(call install_lock,requirements-test.lock)
	@touch $@ $(RUNTIME)

install: $(RUNTIME) ## Make .venv from the lock

install-test: $(TESTING) ## The same, with what the tests need

run: $(RUNTIME) ## Install, migrate, serve on 127.0.0.1:8000
	$(BIN)/parley serve

# A worker more than there are cores: many tests wait for a process or a socket. The tests of one
# file share a worker, and with it what the file sets up.
# Where Python is told to keep no bytecode, each worker and each of the servers that they start
# would compile the whole source by itself.
test: export PYTHONDONTWRITEBYTECODE :=
test: $(TESTING) ## Install, then run the whole suite
	$(BIN)/python -m pytest --dist loadfile \
		-n $$($(BIN)/python -c 'import os; print(min(8, (os.cpu_count() or 1) + 1))')

check: $(TESTING) ## Format, lint, types, import contracts, file hygiene
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/pyright
	$(BIN)/python tests/hygiene.py

format: $(TESTING) ## Rewrite the files as `check` wants them
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(TESTING) ## Measure Parley beside a bare relay
	$(BIN)/python -m benchmarks

lock: $(TESTING) ## Renew both lock files from the *.in files
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --upgrade \
	  --no-emit-index-url --no-emit-find-links --no-header --no-annotate -q \
	  requirements.in -o requirements.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --upgrade \
	  --no-emit-index-url --no-emit-find-links --no-header --no-annotate -q \
	  requirements-test.in -o requirements-test.lock

clean: ## Remove the environment and every cache (not ./data)
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis .import_linter_cache build src/*.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
