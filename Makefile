# Every target works as the first command in a fresh clone: it makes what it needs.
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Where it is set, every start compiles all modules of ours again, a tenth of its time and more.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup run demo test check format docs bench overload sim mutants fuzz chaos backup restore differences rebuild-bus screenshots lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(READY) ## Make the virtual environment from the lock

$(READY): requirements-dev.lock
	@echo "Setting up $(VENV) from requirements-dev.lock (once, about a minute) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@printf '#!/bin/sh\nPYTHONPATH="%s" exec "%s/python" -m deploy.cli "$$@"\n' "$(CURDIR)" "$(CURDIR)/$(BIN)" > $(BIN)/redcrown
	@chmod +x $(BIN)/redcrown
	@touch $@

run: $(READY) ## Run the whole system here; Ctrl-C stops it
	@exec $(BIN)/python -m deploy.run

demo: $(READY) ## Play the sample reception to the end on free ports
	@exec $(BIN)/python -m deploy.demo

test: $(READY) ## Everything that CI runs, real servers among it
	@$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

check: $(READY) ## Format, lint, types, boundaries, documents, dependencies, secrets
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m deploy.docs --check
	@$(BIN)/python -m deploy.vetting

format: $(READY) ## Put the code into its format
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format --quiet .

docs: $(READY) ## Write OpenAPI, AsyncAPI and the JSON Schema of the visit spec into docs/
	@$(BIN)/python -m deploy.docs

bench: $(READY) ## Measure everything (docs/performance.md; QUICK=1: in three minutes); JSON last
	@exec $(BIN)/python -m bench $(if $(QUICK),--quick) $(ARGS)

overload: $(READY) ## Ten times what this machine can do, for five minutes; JSON last
	@exec $(BIN)/python -m bench.overload $(ARGS)

sim: $(READY) ## Play seeded histories of the whole system in one process
	@exec $(BIN)/python -m tests.simulation $(ARGS)

mutants: $(READY) ## Plant faults, one at a time; the simulation must notice each
	@exec $(BIN)/python -m tests.simulation.mutants $(ARGS)

fuzz: $(READY) ## Mutate what every reader reads, for SECONDS each (60); JSON last
	@exec $(BIN)/python -m tests.fuzz.long $(or $(SECONDS),60)

backup: $(READY) ## Copy every store while it runs: TO=folder
	@exec $(BIN)/python -m deploy.backup create --to "$(TO)" $(ARGS)

restore: $(READY) ## Bring back stopped stores: FROM=folder, ARGS="--service venues" for some of them
	@exec $(BIN)/python -m deploy.backup restore --from "$(FROM)" $(ARGS)

differences: $(READY) ## Where services do not agree; JSON last
	@exec $(BIN)/python -m deploy.differences $(ARGS)

rebuild-bus: $(READY) ## Empty the bus and fill it again from the stores, while everything runs
	@exec $(BIN)/python -m deploy.rebuild $(ARGS)

chaos: $(READY) ## Faults by seed on real processes: SEED=1 FAULTS=20 MODE=embedded|cluster
	@exec $(BIN)/python -m tests.chaos --seed $(or $(SEED),1) --faults $(or $(FAULTS),20) --mode $(or $(MODE),embedded) $(ARGS)

screenshots: $(READY) ## Picture every page of a played reception: TO=folder (var/screenshots); README=1: its three
	@exec $(BIN)/python -m tests.screenshots $(if $(README),--readme,$(or $(TO),var/screenshots))

lock: ## Pin the newest versions with hashes (needs uv)
	uv pip compile -q --upgrade --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 requirements-dev.in -o requirements-dev.lock
	uv pip compile -q --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 requirements.in -c requirements-dev.lock -o requirements.lock

clean: ## Remove the environment and all run-time data
	rm -rf $(VENV) var .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
