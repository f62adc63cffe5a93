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
	$(PYTHON) -m tests.testbed run --demo -- $(PYTHON) -m tests.demo

.PHONY: parts
parts: $(READY)  ## Fetch and build all parts that tests and demo run on, and nothing else (20 minutes the first time)
	$(PYTHON) -m tests.testbed build

.PHONY: test
test: lint test-fast test-newest test-cluster test-install  ## Run everything: lint, types, import rules, and all tests on the real parts

.PHONY: lint
lint: $(READY)  ## Check style, format, types and import rules
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

.PHONY: test-fast
test-fast: $(READY) docs  ## Run the unit, property, simulation, server and site tests (real nats-server, no Kubernetes)
	$(PYTHON) -m tests.testbed build --servers
	$(PYTHON) -m pytest tests/unit tests/property tests/simulation tests/server tests/site -n 2 --dist worksteal

.PHONY: test-newest
test-newest: $(READY)  ## Run the unit and property tests, and some with TLS, on the Python of the operator's image
	$(PYTHON) -m tests.testbed build --control-plane
	$(PYTHON) -m tests.testbed newest -- python -m pytest -n 2 --dist worksteal -p no:cacheprovider \
	  --ignore=tests/unit/testbed --ignore=tests/unit/test_ci.py --ignore=tests/unit/test_image_target.py --ignore=tests/unit/test_release.py \
	  tests/unit tests/property tests/cluster/process/test_metrics.py tests/cluster/process/test_run_preflight.py

.PHONY: test-cluster
test-cluster: $(READY)  ## Run the tests on a real Kubernetes
	@if [ -n "$$TESTBED_KUBECONFIG" ]; then :; \
	elif $(PYTHON) -m tests.testbed possible; then inside="$(PYTHON) -m tests.testbed run --"; \
	else $(PYTHON) -m tests.testbed build --control-plane || exit; fi; \
	set -x; $$inside $(PYTHON) -m pytest tests/cluster --whole-suite -n $(WORKERS)

.PHONY: test-install
test-install: $(READY)  ## Install, upgrade and uninstall the chart with the image on a real Kubernetes of their own
	@if [ -n "$$TESTBED_KUBECONFIG" ]; then :; \
	elif $(PYTHON) -m tests.testbed possible; then inside="$(PYTHON) -m tests.testbed run --"; fi; \
	set -x; $$inside $(PYTHON) -m pytest tests/install

.PHONY: fuzz
fuzz: $(READY)  ## Look much harder, for an hour or more: 2,000 examples of every property, elsewhere each time
	$(PYTHON) -m tests.testbed build --servers
	HYPOTHESIS_PROFILE=fuzz $(PYTHON) -m pytest tests/property tests/simulation tests/server -n 2 --dist worksteal

.PHONY: mutate
mutate: $(READY)  ## Put faults into the shell's modules, one at a time, and show which no unit test notices; MUTATE_ARGS=--help
	$(PYTHON) -m tests.mutate $(MUTATE_ARGS)

.PHONY: bench
bench: $(READY)  ## Measure how fast natsop renders, and how fast the operator works on a real API server
	$(PYTHON) -m tests.testbed build --control-plane
	$(PYTHON) -m tests.bench

.PHONY: generate
generate: $(READY)  ## Write anew all that is generated: the CRDs, parts of the chart and of docs/, and snapshots/
	$(PYTHON) -m tests.generate
	$(PYTHON) -m pytest tests/unit -q --snapshot-update

# The chart, and the operator in the cluster of the current kubeconfig: the targets of a kubebuilder project.
VERSION = $(shell sed -n 's/^version = "\(.*\)"$$/\1/p' pyproject.toml)
IMG ?= ghcr.io/crewlet/nats-operator:$(VERSION)
NAMESPACE ?= nats-operator-system
CHART := helm/nats-operator
HELM ?= $(shell command -v helm || $(PYTHON) -m tests.testbed tool helm)
KUBECTL ?= kubectl

.PHONY: manifests
manifests: generate  ## Write anew the CRDs and the rules of the roles, as part of all that is generated

.PHONY: helm-sync
helm-sync: generate  ## Write anew what the chart takes from the code: CRDs, rules, schema and table of values, version

.PHONY: helm-lint
helm-lint: $(READY)  ## Check the chart
	$(HELM) lint --strict $(CHART)

.PHONY: helm-template
helm-template: $(READY)  ## Show what the chart installs; HELM_ARGS="--set …" for other values
	$(HELM) template nats-operator $(CHART) --namespace $(NAMESPACE) $(HELM_ARGS)

.PHONY: helm-package
helm-package: $(READY)  ## Make dist/nats-operator-VERSION.tgz of the chart
	$(HELM) package $(CHART) --destination dist

# The image, by whichever of these tools works. Two builds of one commit have one digest.
CONTAINER_TOOL ?= $(firstword $(foreach tool,docker podman buildah,$(shell $(tool) info >/dev/null 2>&1 && echo $(tool))))
EPOCH = $(shell git log -1 --format=%ct)
IMAGE_ARGS = --build-arg VERSION=$(VERSION) --build-arg REVISION=$(shell git rev-parse HEAD) \
  --build-arg SOURCE_DATE_EPOCH=$(EPOCH) $(if $(filter docker,$(CONTAINER_TOOL)),,--timestamp $(EPOCH))

.PHONY: wheels
wheels: $(READY)  ## Download what the image is made of, for all machines that it is made for, to dist/wheels
	rm -rf dist/wheels
	$(PYTHON) -m tests.testbed.wheels dist/wheels

.PHONY: docker-build
docker-build: wheels  ## Build the operator's image IMG with docker, podman or buildah
	@test -n "$(CONTAINER_TOOL)" || { echo "building the image takes docker, podman or buildah, and none works" >&2; exit 1; }
	SOURCE_DATE_EPOCH=$(EPOCH) $(CONTAINER_TOOL) build $(IMAGE_ARGS) --tag $(IMG) $(DOCKER_ARGS) .

.PHONY: install
install:  ## Install the CRDs into the current cluster
	$(KUBECTL) apply --server-side --force-conflicts -f crds

.PHONY: uninstall
uninstall:  ## Delete the CRDs from the current cluster, if there are no NatsClusters and NatsBoxes, which would go, too
	@left=$$($(KUBECTL) get natsclusters,natsboxes --all-namespaces --output name 2>/dev/null); \
	if [ -n "$$left" ]; then echo "Delete these first:" $$left >&2; exit 1; fi
	$(KUBECTL) delete --ignore-not-found -f crds

.PHONY: deploy
deploy: $(READY)  ## Install or upgrade the operator in the current cluster, with the image IMG; HELM_ARGS="--set …"
	image="$(IMG)"; $(HELM) upgrade --install nats-operator $(CHART) --namespace $(NAMESPACE) --create-namespace \
	  --take-ownership --set-string "image.repository=$${image%:*},image.tag=$${image##*:}" $(HELM_ARGS)

.PHONY: undeploy
undeploy: $(READY)  ## Remove the operator from the current cluster; CRDs and clusters stay
	$(HELM) uninstall nats-operator --namespace $(NAMESPACE) --ignore-not-found

# Releases: .github/workflows/release.yml runs these for a tag.
.PHONY: build
build: $(READY)  ## Build the wheel and the sdist to dist/
	rm -rf build/lib build/bdist.* dist/natsop-*
	SOURCE_DATE_EPOCH=$(EPOCH) $(PYTHON) -c 'from setuptools import build_meta as b; b.build_sdist("dist"); b.build_wheel("dist")' >/dev/null

.PHONY: version
version:  ## Print the version that would be released
	@echo $(VERSION)

.PHONY: release-notes
release-notes:  ## Print what the changelog says of this version; fails while it has no date there
	@awk -v heading='## [$(VERSION)] - ' 'index($$0, "## [") == 1 {inside = index($$0, heading) == 1 && /[0-9]-[0-9][0-9]$$/; found += inside; next} \
	  /^\[/ {inside = 0} inside; END {exit !found}' docs/CHANGELOG.md

.PHONY: requirements
requirements: $(READY)  ## Pin anew, with hashes, the newest dependencies that pyproject.toml allows
	$(PYTHON) -m pip install --quiet uv
	for set in "operator:" "dev:--group dev"; do \
	  $(VENV)/bin/uv pip compile --quiet --upgrade pyproject.toml --extra operator $${set#*:} --generate-hashes \
	    --no-annotate --no-header --python-version 3.11 -o requirements/$${set%%:*}.txt || exit 1; \
	done
	$(VENV)/bin/uv pip compile --quiet --upgrade --group docs --generate-hashes \
	  --no-annotate --no-header --python-version 3.11 -o requirements/docs.txt
	$(VENV)/bin/uv pip compile --quiet --group build --generate-hashes --constraint requirements/dev.txt \
	  --no-annotate --no-header --python-version 3.11 -o requirements/build.txt

# The documentation as a site, in build/site.
DOCS := $(VENV)-docs
MKDOCS = NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/mkdocs

.PHONY: docs
docs: $(DOCS)/.ready  ## Build the documentation as a site in build/site; a dead link or anchor fails it
	$(MKDOCS) build --quiet --config-file .mkdocs.yml

.PHONY: docs-serve
docs-serve: $(DOCS)/.ready  ## Serve the documentation on http://127.0.0.1:8000, anew with each change
	$(MKDOCS) serve --config-file .mkdocs.yml

$(DOCS)/.ready: requirements/docs.txt
	python3 -m venv $(DOCS)
	$(DOCS)/bin/python -m pip install --quiet --require-hashes --requirement $<
	@touch $@

.PHONY: clean
clean:  ## Remove the virtual environment and all caches of this checkout (the testbed's cache stays)
	rm -rf $(VENV) $(DOCS) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml requirements/dev.txt
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "natsop needs Python 3.11 or newer, as python3" >&2; exit 1; }
	@python3 -c 'import ensurepip, venv' 2>/dev/null || { apt-get update -qq && apt-get install -qq --no-install-recommends python3-venv; } \
	  || { echo "natsop needs Python's venv: on Debian the package python3-venv, which root can install" >&2; exit 1; }
	python3 -m venv $(VENV)
	$(PYTHON) -m pip install --quiet --require-hashes --requirement requirements/dev.txt
	$(PYTHON) -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@
