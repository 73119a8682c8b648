# The commands of the project; `make help` lists them. Everything is installed below .venv, but for what
# only the system's packages have (RabbitMQ; Chromium and npm for the tests), which the stack installs itself.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TEST_PROCESSES ?= 2
LOCK := uv pip compile --universal --generate-hashes --no-annotate --python-version 3.11 --custom-compile-command "make lock"

# Tests start hundreds of processes; each would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help venv up test chaos bench bench-growth bench-sustained lint types unit fmt lock vendor sdk clean

help:
	@echo "make up     run EduTrack on this machine (EDUTRACK_PORT, EDUTRACK_HOME)"
	@echo "make test   run every check and test, on servers of its own"
	@echo "make chaos  inject every fault under load and check what was promised"
	@echo "make bench  measure everything beside the baselines it must beat (about 20 minutes)"
	@echo "make bench-growth, make bench-sustained  with 20 million events; for half an hour"
	@echo "make lint   ruff, mypy, import rules    make fmt   format"
	@echo "make unit   the tests that need no services"
	@echo "make lock   pin dependencies anew"
	@echo "make vendor fetch what the pages load in browsers, as web/package-lock.json has it; takes npm"
	@echo "make sdk    build the player script anew (needs Node.js and npm)"
	@echo "make clean  delete what was built; EDUTRACK_HOME stays"

venv: $(VENV)/.complete

$(VENV)/.complete: requirements-dev.lock requirements-uv.lock pyproject.toml deploy/make-venv
	@deploy/make-venv $(PYTHON) $(VENV)
	@touch $@

up: venv
	@$(BIN)/edutrack up

lint: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: venv
	$(BIN)/pytest tests/unit tests/contract tests/test_architecture.py

test: lint
	$(BIN)/python -m stack.install rabbitmq chromium node wrk
	$(BIN)/python -m tests.services $(BIN)/pytest -n $(TEST_PROCESSES) --dist worksteal -m "not serial"
	$(BIN)/pytest -m serial

chaos: venv
	$(BIN)/python -m stack.install rabbitmq
	$(BIN)/python -m tests.chaos

bench: $(VENV)/.bench
	$(BIN)/python -m stack.install rabbitmq wrk
	$(BIN)/python -m bench

bench-growth: $(VENV)/.bench
	$(BIN)/python -m stack.install rabbitmq wrk
	$(BIN)/python -m bench growth --millions 0 1 5 20 --build build/bench-growth
	$(BIN)/python -m bench.picture build/bench-growth/bench.json build/bench-growth/growth.svg

bench-sustained: $(VENV)/.bench
	$(BIN)/python -m stack.install rabbitmq wrk
	$(BIN)/python -m bench sustained --build build/bench-sustained

$(VENV)/.bench: requirements-bench.lock $(VENV)/.complete
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r requirements-bench.lock
	@touch $@

fmt: venv
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: venv
	$(BIN)/$(LOCK) pyproject.toml -o requirements.lock
	$(BIN)/$(LOCK) pyproject.toml --extra dev -c requirements.lock -o requirements-dev.lock
	$(BIN)/$(LOCK) pyproject.toml --extra bench -c requirements-dev.lock -o requirements-bench.lock

vendor:
	deploy/vendor

sdk:
	cd web/sdk && npm ci --silent && npm run --silent types && npm run --silent build

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
