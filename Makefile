.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test coverage check format bench screenshots translations lock clean

BIN := .venv/bin
PORT ?= 8000
TEST_WORKERS ?= 2
export PORT

help: ## what can be asked for
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "make %-14s %s\n", $$1, $$2 }'

setup: ## make .venv with the locked packages that running needs
	@scripts/setup.sh runtime

setup-dev: ## the same, with what tests and checks need
	@scripts/setup.sh dev

run: setup ## migrate, load the demo study once, and serve on 127.0.0.1:$PORT
	@$(BIN)/xinlu demo
	@trap : INT; $(BIN)/xinlu serve --port $(PORT) || test $$? -eq 130

test: setup-dev ## every test: SQLite, PostgreSQL and a real browser
	@$(BIN)/python -m scripts.system_packages
	@$(BIN)/python -m pytest -n $(TEST_WORKERS) --dist worksteal $(ARGS)

coverage: ## the same, and which lines none of them reaches: a third slower
	@$(MAKE) test ARGS="--cov --cov-report=term $(ARGS)"

check: setup-dev ## format, lint, types, layers, translations, schema drift, docs
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache --no-logo
	@$(BIN)/python -m scripts.check_translations
	@$(BIN)/python -m scripts.system_packages postgresql
	@$(BIN)/python -m pytest -q tests/migrations/test_schema_drift.py
	@$(BIN)/python -m pytest -q tests/docs

format: setup-dev ## put the code into its format, and mend what the linter can
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

bench: setup-dev ## the figures of the documentation, as ratios of one run
	@$(BIN)/python -m tests.bench $(ARGS)

screenshots: setup-dev ## the pictures of README.md and docs/
	@$(BIN)/python -m scripts.system_packages chromium chinese-font
	@$(BIN)/python -m scripts.screenshots $(ARGS)

translations: setup-dev ## bring the catalogues up to date with the sentences in the code
	@$(BIN)/python -m scripts.check_translations --update

lock: ## resolve pyproject.toml into the hash-locked requirements (UPGRADE=1 takes newer releases)
	@scripts/lock.sh $(if $(UPGRADE),--upgrade)

clean: ## remove the environment and what the tools left; never data/
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .coverage* build dist *.egg-info
