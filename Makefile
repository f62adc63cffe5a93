# Every command sets up what it needs first; see `make help`.
SHELL := /bin/bash
.DEFAULT_GOAL := help

VENV := .venv
PYTHON := $(VENV)/bin/python
READY := $(VENV)/.ready
WORKERS ?= 8

.PHONY: help
help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(READY)  ## Run the quick start on a real Kubernetes, made on this machine for it
	$(PYTHON) -m tests.testbed run -- $(PYTHON) -m tests.demo

.PHONY: parts
parts: $(READY)  ## Fetch and build all parts that tests and demo run on, and nothing else (20 minutes the first time)
	$(PYTHON) -m tests.testbed build

.PHONY: test
test: lint test-fast test-cluster  ## Run everything: lint, types, import rules, and all tests on the real parts

.PHONY: lint
lint: $(READY)  ## Check style, format, types and import rules
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

.PHONY: test-fast
test-fast: $(READY)  ## Run the unit, property, simulation and server tests (real nats-server, no Kubernetes)
	$(PYTHON) -m tests.testbed build --servers
	$(PYTHON) -m pytest tests/unit tests/property tests/simulation tests/server -n 2 --dist worksteal

.PHONY: test-cluster
test-cluster: $(READY)  ## Run the tests on a real Kubernetes
	@if $(PYTHON) -m tests.testbed possible; then inside="$(PYTHON) -m tests.testbed run --"; \
	else $(PYTHON) -m tests.testbed build --control-plane || exit; fi; \
	set -x; $$inside $(PYTHON) -m pytest tests/cluster --whole-suite -n $(WORKERS)

.PHONY: fuzz
fuzz: $(READY)  ## Look much harder, for an hour or more: 2,000 examples of every property, elsewhere each time
	$(PYTHON) -m tests.testbed build --servers
	HYPOTHESIS_PROFILE=fuzz $(PYTHON) -m pytest tests/property tests/simulation tests/server -n 2 --dist worksteal

.PHONY: bench
bench: $(READY)  ## Measure how fast natsop renders, and how fast the operator works on a real API server
	$(PYTHON) -m tests.testbed build --control-plane
	$(PYTHON) -m tests.bench

.PHONY: generate
generate: $(READY)  ## Write anew what is generated: crds/, docs/troubleshooting.md and snapshots/
	$(VENV)/bin/natsop crds --output-dir crds
	$(VENV)/bin/natsop explain --markdown > docs/troubleshooting.md
	$(PYTHON) -m pytest tests/unit -q --snapshot-update

.PHONY: requirements
requirements: $(READY)  ## Pin anew, with hashes, the newest dependencies that pyproject.toml allows
	$(PYTHON) -m pip install --quiet uv
	for set in "operator:" "dev:--group dev"; do \
	  $(VENV)/bin/uv pip compile --quiet --upgrade pyproject.toml --extra operator $${set#*:} --generate-hashes \
	    --no-annotate --no-header --python-version 3.11 -o requirements/$${set%%:*}.txt || exit 1; \
	done

.PHONY: clean
clean:  ## Remove the virtual environment and all caches of this checkout (the testbed's cache stays)
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml requirements/dev.txt
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "natsop needs Python 3.11 or newer, as python3" >&2; exit 1; }
	@python3 -c 'import ensurepip, venv' 2>/dev/null || { apt-get update -qq && apt-get install -qq --no-install-recommends python3-venv; } \
	  || { echo "natsop needs Python's venv: on Debian the package python3-venv, which root can install" >&2; exit 1; }
	python3 -m venv $(VENV)
	$(PYTHON) -m pip install --quiet --require-hashes --requirement requirements/dev.txt
	$(PYTHON) -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@
