# One command a habit; what CI runs, you run. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP_QUIET := $(BIN)/pip install --quiet --disable-pip-version-check --no-input
STAMP := $(VENV)/.installed
VENDOR := hub/console/static/vendor/.installed
WORKERS ?= 2

# The tests of `make test` that belong to what must be covered at every branch ([tool.coverage.run] of pyproject.toml names that).
COVERING := tests/policies $(patsubst %,tests/hub/access_log/test_%.py,growing leaf receipt store writer) tests/hub/citizens/test_admission.py \
  $(patsubst %,tests/hub/authorizations/test_%.py,approved assessments checks conditions coverage coverage_by_rule follow_ups letter_life matters \
    reading registration withdrawing) \
  $(patsubst %,tests/hub/test_%.py,answer arguments differential fetch framed freshness gathering identity interpreted operation plan \
    route several several_cases letter_uses_road aggregation_road) tests/hub/operations/test_told_before.py
# Generated questions by the thousand find what nobody thought of; each branch they take, a named test takes too.
UNCOUNTED := --deselect tests/policies/test_table.py::test_less_coverage_a_younger_age_or_a_neighbour_never_widens_a_verdict \
  --deselect tests/hub/test_operation.py::test_the_places_of_every_concrete_type_are_those_graphql_core_collects

.PHONY: help setup demo test test-system test-federation coverage check bench bench-revocation schema migrate vendor clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

$(STAMP): requirements.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "setup: installing the locked packages into $(VENV)"
	@$(PIP_QUIET) --require-hashes --no-deps -r requirements.lock 2>&1 | grep -v '^WARNING: Location' || true
	@$(BIN)/pip check --disable-pip-version-check >/dev/null || { $(BIN)/pip check; echo "setup failed: see above"; exit 1; }
	@$(BIN)/python -c "import strawberry, cedarpy, asyncpg, aiohttp, playwright" || { echo "setup failed: see above"; exit 1; }
	@touch $@

$(VENDOR): $(STAMP) package.json package-lock.json
	@$(BIN)/python -m hub.console.vendor || echo "setup: front-end packages could not be had; GraphiQL is left out, everything else works"

setup: $(STAMP) $(VENDOR) ## a virtual environment with the locked packages, and the offline GraphiQL

vendor: $(VENDOR)

demo: setup ## two hubs, the sandbox departments, a family's story; ARGS=--once ends by itself
	@$(BIN)/python -m hub demo $(ARGS)

test: $(STAMP) ## the tests that need nothing but this machine
	@$(BIN)/python -m pytest -q -n $(WORKERS) -m "not system and not slow and not federation" $(ARGS)

test-system: setup ## what needs Chromium, Debian's PostgreSQL and MariaDB, npm; never skips
	@$(BIN)/python -m pytest -q -n $(WORKERS) -m "system or slow" $(ARGS)

test-federation: $(STAMP) ## the hub in a supergraph: public composition libraries and routers from npm; optional, not part of CI
	@$(BIN)/python -m pytest -q -m federation tests/federation $(ARGS)

coverage: $(STAMP) ## every branch of policies/ and of the road is taken by a test, or it fails and names file and lines
	@$(BIN)/python -m pytest -q -n $(WORKERS) -m "not system and not slow and not federation" --cov --cov-report=term-missing $(UNCOUNTED) $(ARGS) $(COVERING)

check: $(STAMP) ## lint, types, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports

bench: $(STAMP) ## the measured road beside its baseline; prints what it measured
	@$(BIN)/python -m benchmarks $(ARGS)

bench-revocation: $(STAMP) ## how soon what was withdrawn is told by no worker any more, under load, with the channel cut, with no database
	@$(BIN)/python -m benchmarks.revocation $(ARGS)

schema: $(STAMP) ## print schema/schema.graphql anew
	@$(BIN)/python -m schema.print

migrate: $(STAMP) ## bring HUB_DATABASE_URL's database to the newest schema
	@$(BIN)/python -m hub migrate

clean: ## remove what the demo and the tests left
	rm -rf var .pytest_cache .mypy_cache .ruff_cache .coverage
