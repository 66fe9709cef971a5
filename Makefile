# The only door to the project: `make demo` runs the main job on a laptop, `make test` proves the rest.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
export SAM_CLI_TELEMETRY := 0
# A run starts some forty processes: compiled modules are written, whatever the shell says (empty means unset).
export PYTHONDONTWRITEBYTECODE :=
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SAM_VENV := .venv-sam
AUDIT_VENV := .venv-audit
AUDITORS_VENV := .venv-auditors
MLFLOW_VENV := .venv-mlflow
IAM_SIMULATOR := @cloud-copilot/iam-simulate@0.1.173
SAM := PATH="$(CURDIR)/$(BIN):$$PATH" $(SAM_VENV)/bin/sam
SOURCES := layers/rft functions cli emulator tests benchmarks
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate \
	--no-emit-index-url --no-emit-find-links --python-version 3.11
LICENCES := PYTHONPATH=layers/rft:cli:. $(BIN)/python -m tests.kit.licences $(VENV) $(SAM_VENV) $(AUDIT_VENV)
# Functions are packaged as their folders are: without the bytecode that a local run left there.
SOURCE_FOLDERS_ONLY := find functions -name __pycache__ -prune -exec rm -rf {} +
ENVIRONMENT ?= default
DATASET ?=
TASK ?= pandalm
BUCKET ?=
ARGS ?=
RUNS ?= 500

.PHONY: help demo test test-long faults gameday policies oracles auditors mlflow audit licences properties bench lint format validate build deploy publish requirements clean

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.ready ## Run the main job on this machine, on an emulated AWS; DATASET=path TASK=pandalm takes a file of yours
	@$(BIN)/rft demo $(if $(DATASET),--dataset "$(DATASET)") $(if $(TASK),--task "$(TASK)") $(ARGS)

test: $(VENV)/.ready ## Run all tests; ARGS=tests/unit picks some
	$(BIN)/python -m pytest --numprocesses 3 --dist loadfile -m "not slow" $(ARGS)

test-long: $(VENV)/.ready ## Run what takes too long for each change: an hour or more on two cores
	$(MAKE) --no-print-directory faults
	$(BIN)/python -m pytest -m slow --ignore tests/e2e
	$(BIN)/python -m pytest -m slow tests/e2e/test_notebook.py tests/e2e/test_report_in_browser.py tests/e2e/test_generated_clients.py \
		tests/e2e/test_rounds.py
	$(MAKE) --no-print-directory properties
	$(MAKE) --no-print-directory policies
	$(MAKE) --no-print-directory bench ARGS="graders polling prepare_dataset"

faults: $(VENV)/.ready ## Strike runs with every fault at every stage, and forty at once with several; takes minutes
	$(BIN)/python -m pytest tests/e2e/test_fault_matrix.py tests/e2e/test_calibration_faults.py tests/e2e/test_evaluation.py \
		tests/e2e/test_promotion_faults.py tests/e2e/test_deployment_faults.py tests/e2e/test_experiments.py \
		tests/e2e/test_experiment_faults.py tests/e2e/test_soak.py

gameday: $(VENV)/.ready ## Run 500 runs under a quota of two jobs, with faults of every service and an update; RUNS=60 takes fewer
	RFT_GAMEDAY_RUNS=$(RUNS) $(BIN)/python -m pytest tests/e2e/test_gameday.py

policies: $(VENV)/.ready ## Remove each right of each policy in turn, and replay the calls of all runs; takes minutes
	rm -rf build/rights
	RFT_RIGHTS=build/rights $(BIN)/python -m pytest --numprocesses 2 --dist loadfile tests/e2e tests/contract $(ARGS)
	PYTHONPATH=layers/rft:cli:. $(BIN)/python -m tests.kit.rights build/rights

properties: $(VENV)/.ready ## Look for counterexamples to the property tests: 2,000 random examples each, 26,000 of the fuzz
	$(BIN)/python -m pytest --numprocesses 2 -m "hypothesis and not emulator" --hypothesis-profile=search $(ARGS)

bench: $(VENV)/.ready ## Measure speed, size and cost, and write docs/appendix/performance.md; ARGS=prepare_dataset picks one
	@PYTHONPATH=layers/rft:cli:. $(BIN)/python -m benchmarks $(ARGS)

lint: $(VENV)/.ready ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(SOURCES)

format: $(VENV)/.ready ## Put the code into the one format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

validate: $(SAM_VENV)/.ready ## Check template.yaml
	$(SAM) validate --lint

# The IAM simulator is AGPL-3.0-or-later: fetched on demand for tests on this machine, in no list of requirements.
oracles: ## Install the independent implementations that tests compare with; needs node
	cd tests/oracles && npm ci --silent --no-audit --no-fund
	cd tests/oracles && npm install --silent --no-save --no-audit --no-fund $(IAM_SIMULATOR)

auditors: $(AUDITORS_VENV)/.ready ## Compare rft grader test with public auditors of reward functions, on the tests' graders
	$(BIN)/python -m pytest -m slow tests/auditors

mlflow: $(MLFLOW_VENV)/.ready ## Write runs to a real MLflow server on this machine
	$(BIN)/python -m pytest tests/adapters/test_mlflow.py

audit: $(AUDIT_VENV)/.ready $(SAM_VENV)/.ready ## Check template.yaml, the code and all licences with cfn-lint, checkov and bandit
	$(BIN)/cfn-lint template.yaml
	$(AUDIT_VENV)/bin/checkov --config-file .checkov.yaml
	$(AUDIT_VENV)/bin/bandit --quiet --configfile pyproject.toml --recursive layers/rft/rft functions cli emulator
	$(LICENCES) --check

licences: $(AUDIT_VENV)/.ready $(SAM_VENV)/.ready ## Write docs/licences.md from what the pinned packages state
	$(LICENCES)

build: $(SAM_VENV)/.ready ## Build what is deployed, into .aws-sam
	$(SAM) build
	@$(SOURCE_FOLDERS_ONLY)

deploy: build ## Deploy to AWS; ENVIRONMENT=dev takes that section of samconfig.toml
	@$(SOURCE_FOLDERS_ONLY)
	$(SAM) deploy --config-env $(ENVIRONMENT)

publish: build ## Publish to your Serverless Application Repository, private until you share it; BUCKET=name holds the code
	@test -n "$(BUCKET)" || { echo "BUCKET is not set: name a bucket that serverlessrepo.amazonaws.com may read" >&2; exit 2; }
	mkdir -p build
	$(SAM) package --s3-bucket "$(BUCKET)" --output-template-file build/packaged.yaml
	$(SAM) publish --template build/packaged.yaml

requirements: $(VENV)/.ready ## Pin the newest versions that requirements.in, dev.in and sam.in allow
	$(COMPILE) --upgrade layers/dependencies/requirements.in -o layers/dependencies/requirements.txt
	$(COMPILE) --upgrade requirements/dev.in -o requirements/dev.txt
	$(COMPILE) --upgrade requirements/sam.in -o requirements/sam.txt
	$(COMPILE) --upgrade requirements/audit.in -o requirements/audit.txt
	$(COMPILE) --upgrade requirements/mlflow.in -o requirements/mlflow.txt
	$(COMPILE) requirements/auditors.in -o requirements/auditors.txt
	@echo "Now run make licences."

clean: ## Remove what was built and all caches; the virtual environments stay
	rm -rf .aws-sam build .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find $(wildcard $(SOURCES)) -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/.ready: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; set PYTHON=/path/to/python3")'
	$(PYTHON) -m venv $(VENV)
	awk '/^uv==/{keep=1} keep{print} keep && !/\\$$/{exit}' requirements/dev.txt > $(VENV)/uv.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.txt
	$(BIN)/uv pip sync --quiet --python $(VENV) requirements/dev.txt
	$(BIN)/uv pip install --quiet --python $(VENV) --no-deps --no-build-isolation --offline --editable .
	@touch $@

$(SAM_VENV)/.ready: requirements/sam.txt $(VENV)/.ready
	$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python $(SAM_VENV)
	$(BIN)/uv pip sync --quiet --python $(SAM_VENV) requirements/sam.txt
	@touch $@

$(AUDITORS_VENV)/.ready: requirements/auditors.txt $(VENV)/.ready
	$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python $(AUDITORS_VENV)
	$(BIN)/uv pip sync --quiet --python $(AUDITORS_VENV) requirements/auditors.txt
	touch $@

$(MLFLOW_VENV)/.ready: requirements/mlflow.txt $(VENV)/.ready
	$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python $(MLFLOW_VENV)
	$(BIN)/uv pip sync --quiet --python $(MLFLOW_VENV) requirements/mlflow.txt
	@touch $@

$(AUDIT_VENV)/.ready: requirements/audit.txt $(VENV)/.ready
	$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python $(AUDIT_VENV)
	$(BIN)/uv pip sync --quiet --python $(AUDIT_VENV) requirements/audit.txt
	@touch $@
