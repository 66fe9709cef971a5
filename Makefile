# The only door to the project: `make demo` runs the main job on a laptop, `make test` proves the rest.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SAM_VENV := .venv-sam
SAM := SAM_CLI_TELEMETRY=0 $(SAM_VENV)/bin/sam
ENVIRONMENT ?= default
DATASET ?=
TASK ?= pandalm

.PHONY: help demo test lint format validate build deploy requirements bench clean

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.ready: requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; set PYTHON=/path/to/python3")'
	$(PYTHON) -m venv --clear $(VENV)
	awk '/^uv==/{keep=1} keep{print} keep && !/\\$$/{exit}' requirements/dev.txt > $(VENV)/uv.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.txt
	$(BIN)/uv pip sync --quiet --python $(VENV) requirements/dev.txt
	@touch $@

$(SAM_VENV)/.ready: requirements/sam.txt $(VENV)/.ready
	$(BIN)/uv venv --quiet --clear --python $(PYTHON) $(SAM_VENV)
	$(BIN)/uv pip sync --quiet --python $(SAM_VENV) requirements/sam.txt
	@touch $@
