# `make help` lists the verbs. Settings come from the environment: PORT=8001 make demo, make demo RESET=1 …
.DEFAULT_GOAL := help
.PHONY: help demo test check bench faults browser fmt lock migrate migrations manage shell screenshots clean

PYTHON := .venv/bin/python
SUPERVISOR := $(PYTHON) -m common.supervisor
# Run shorter by `make test`: races, random lives and sums, of which `make faults` makes all the rounds.
THOROUGH := tests/test_machine.py tests/fund/test_votes.py tests/applications/test_answers.py tests/common/test_money.py \
	$(addprefix tests/payments/test_, acts.py batches.py returns.py settling.py)
EPHEMERAL := $(SUPERVISOR) exec --ephemeral --

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## The whole platform with its demonstration, until Ctrl-C (PORT=8000, RESET=1 starts afresh)
	@scripts/bootstrap.sh run
	@$(SUPERVISOR) demo

test: ## The tests, on their own embedded servers and a real browser (ARGS="tests/fund -k ledger")
	@scripts/bootstrap.sh dev
	@$(PYTHON) scripts/browser.py
	@$(PYTHON) -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(or $(ARGS),--ignore=tests/faults --ignore=tests/pages --ignore=tests/browser)

check: ## Linters, types, direction of imports, missing migrations, sizes
	@scripts/bootstrap.sh dev
	@scripts/check.sh

faults: ## The slow tests of breakdowns and races, with all their rounds
	@scripts/bootstrap.sh dev
	@$(PYTHON) scripts/browser.py
	@FULL=1 $(PYTHON) -m pytest -o faulthandler_timeout=14400 $(or $(ARGS),tests/faults $(THOROUGH))

browser: ## Stories of several people, every page and every refusal, in a real browser (ARGS="tests/pages")
	@scripts/bootstrap.sh dev
	@$(PYTHON) scripts/browser.py
	@$(PYTHON) -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(or $(ARGS),tests/browser tests/pages)

bench: ## Measure each work beside its floor (FULL=1 adds 100 000 applications)
	@scripts/bootstrap.sh dev
	@$(PYTHON) -m benchmarks $(ARGS)

fmt: ## Put code and templates into shape
	@scripts/bootstrap.sh dev
	@.venv/bin/ruff check --fix --quiet . || true
	@.venv/bin/ruff format --quiet .
	@.venv/bin/djlint --quiet --reformat templates || true

lock: ## Renew uv.lock after a change of pyproject.toml
	@scripts/bootstrap.sh dev || true
	@.venv/bin/uv lock

migrate: ## Migrate the demonstration's database as its owner
	@scripts/bootstrap.sh run
	@DATABASE_ROLE=owner $(SUPERVISOR) exec -- $(PYTHON) manage.py migrate

migrations: ## Write missing migrations (ARGS="fund")
	@scripts/bootstrap.sh run
	@DATABASE_ROLE=owner $(EPHEMERAL) $(PYTHON) manage.py makemigrations $(ARGS)

manage: ## Any command on the demonstration's data (CMD="verify_journal")
	@scripts/bootstrap.sh run
	@$(SUPERVISOR) exec -- $(PYTHON) manage.py $(CMD)

shell: ## A Python shell on the demonstration's data, as the application role
	@scripts/bootstrap.sh run
	@$(SUPERVISOR) exec -- $(PYTHON) manage.py shell

screenshots: ## Pictures of the screens for the README and the guides
	@scripts/bootstrap.sh dev
	@$(PYTHON) scripts/browser.py
	@$(PYTHON) -m scripts.screenshots $(ARGS)

clean: ## Remove the demonstration's data and every cache; the environment stays
	@rm -rf .data .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache test-results
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
