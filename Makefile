# Everything runs in .venv, made from the pinned versions in requirements.lock.
PYTHON ?= $(shell for v in python3.11 python3.10 python3 python; do \
	$$v -c 'import sys; sys.exit(not (3,10) <= sys.version_info[:2] <= (3,11))' 2>/dev/null && echo $$v && exit; done; \
	for d in "$$HOME"/.pyenv/versions/3.11.*/bin/python "$$HOME"/.pyenv/versions/3.10.*/bin/python; do \
	test -x "$$d" && echo "$$d" && exit; done; command -v python3)
BIN := .venv/bin
READY := .venv/.ready

.PHONY: help demo compiled test check lint types contracts assets clean

help: ## Show what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(READY): requirements.lock pyproject.toml
	@sh .ci/python-fit "$(PYTHON)"
	test -x $(BIN)/python || "$(PYTHON)" -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

demo: $(READY) ## Optimise the flagship cell and leave a run folder with report and pictures
	$(BIN)/layout optimize experiments/machining_cell.yaml --evaluations 400 --seed 1

compiled: $(READY) ## Compile the kernels, which all processes share
	for cell in machining_cell job_shop_amr; do \
	LINE_LAYOUT_CACHE= $(BIN)/layout evaluate experiments/$$cell.yaml --replications 2 --json >/dev/null || exit; done

test: $(READY) ## Run the tests
	$(BIN)/python -m pytest -n auto --dist worksteal

lint: $(READY) ## Style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY) ## Types (mypy, strict)
	$(BIN)/mypy

contracts: $(READY) ## Imports point down
	$(BIN)/lint-imports

check: lint types contracts test ## Everything CI checks

assets: $(READY) ## Build the asset library anew
	$(BIN)/python assets/build.py

clean: ## Remove the environment and caches
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
