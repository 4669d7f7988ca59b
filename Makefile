# Two commands matter: `make demo` and `make test`. Everything else is a part of them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PY := .venv/bin/python
LOCK := requirements/dev.lock
SEED ?=

help: ## What can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.venv/.ready: $(LOCK) scripts/bootstrap
	@scripts/bootstrap $(LOCK)

env: .venv/.ready ## The Python environment, from the lock file

tools: env ## Debian packages that tests and demonstration need
	@scripts/tools

cluster: tools ## A real Kubernetes on this machine (or TRE_KUBECONFIG)
	@$(PY) -m devcluster up

images: cluster ## Container images, built and pushed by digest
	@$(PY) -m images build

install: images ## The chart, on the cluster
	@$(PY) -m demo install

demo: install ## The main job, end to end, on real parts; leaves the system running
	@$(PY) -m demo run

lint: env ## Style, types, layers
	@.venv/bin/ruff check . && .venv/bin/ruff format --check tre tests demo devcluster images
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-cache

unit: tools ## Tests that need no service
	@$(PY) -m pytest tests/unit

test: lint install ## Every test, on real parts: one honest total
	@$(PY) -m pytest tests --controls docs/security/controls.md $(if $(SEED),-p randomly -p "randomly_seed=$(SEED)")

fuzz: env ## Fuzz a reader of the disclosure engine: make fuzz READER=csv
	@$(PY) -m tests.fuzz.readers $(if $(READER),--reader $(READER))

persona: env ## Password and one-time-code secret of a persona: make persona NAME=chercheuse-a
	@$(PY) -m demo persona $(NAME)

down: ## Stop the development cluster
	@python3 -m devcluster down

lock: env ## Resolve the lock files again
	@scripts/lock

.PHONY: help env tools cluster images install demo lint unit test fuzz persona down lock
