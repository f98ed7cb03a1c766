# The commands of the house. `make help` lists them. Everything else is done by the programs themselves.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready
BIN := $(VENV)/bin
# Many tests wait for real programs: side by side they take half the time. A file stays whole, on one worker.
WORKERS ?= 2

.PHONY: help demo test check bench faults soak deb clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  DEMO_SECONDS=90 ends the demo by itself; BROKER=mqtt://... INFLUX=http://... PORT=... choose its servers."
	@echo "  WORKERS=4 make test uses more cores than two."

demo: $(READY) ## Watch a flood rise; SCENARIO=<name> plays that of the whole province as an exercise, with a verdict
	@$(BIN)/thacba-sim $(if $(SCENARIO),exercise $(SCENARIO),demo)

check: $(READY) ## Format, lint, types and import rules, in seconds
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

test: $(READY) check ## Everything that CI runs: check, all tests on real servers, coverage
	@bash deploy/setup/system_packages.sh
	@rm -f .coverage .coverage.*
	@$(BIN)/coverage run -m pytest -q --durations=15 -n $(WORKERS) --dist loadfile --no-loadscope-reorder
	@$(BIN)/coverage combine -q
	@$(BIN)/python -m tests.coverage_gate

bench: $(READY) ## How fast, against a bare client: one table, and one line of JSON last
	@bash deploy/setup/system_packages.sh >&2
	@$(BIN)/python -m tests.benchmarks

faults: $(READY) ## The long fault range: CYCLES=1000 kills, CUTS=200 power cuts; one line of JSON last
	@bash deploy/setup/system_packages.sh >&2
	@FAULT_CYCLES=$(or $(CYCLES),1000) FAULT_CUTS=$(or $(CUTS),200) FAULT_RESTARTS=$(or $(RESTARTS),50) \
	  FAULT_ALARM_KILLS=$(or $(ALARM_KILLS),200) FAULT_PATTERNS=$(or $(PATTERNS),3) FAULT_MINUTE_MS=$(or $(MINUTE_MS),200) FAULT_SEED=$(or $(SEED),1) \
	  FAULT_WEEK=$(or $(WEEK),600000) FAULT_UPDATE_CUTS=$(or $(UPDATE_CUTS),3000) \
	  $(BIN)/pytest tests/faults -q --timeout=7200 --durations=15

soak: $(READY) ## The whole platform at work for MINUTES=60, its growth measured; one line of JSON last
	@bash deploy/setup/system_packages.sh >&2
	@$(BIN)/python -m tests.soak --minutes $(or $(MINUTES),60) --store $(or $(STORE),influx)

deb: $(READY) ## The Debian packages of gateway and centre for this machine, or ARCH=arm64, into dist/
	@for kind in edge cloud; do \
	  if [ -n "$(ARCH)" ]; then \
	    rm -rf .wheels && $(BIN)/python deploy/debian/foreign.py $$kind $(ARCH) .wheels >/dev/null && wheels="--wheels .wheels --architecture $(ARCH)"; \
	  fi && $(BIN)/python deploy/debian/build.py $$kind $$wheels $(if $(RELEASE_KEY),--release-key $(RELEASE_KEY)) --to $(or $(TO),dist) || exit 1; \
	done; rm -rf .wheels

clean: ## Remove what the commands made (not the virtual environment)
	@rm -rf .demo .bench .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -not -path "./$(VENV)/*" -prune -exec rm -rf {} +

$(READY): requirements.lock pyproject.toml deploy/setup/python.sh
	@bash deploy/setup/python.sh $(PYTHON) $(VENV)
	@touch $@
