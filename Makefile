# Each target is one line of help and one or two commands; whatever computes is Python.
SHELL := bash
PYTHON ?= python3
ifneq ($(filter-out base,$(CONDA_DEFAULT_ENV)),)
BIN := $(CONDA_PREFIX)/bin
READY :=
else
BIN := .venv/bin
READY := .venv/ready
endif
RUN := $(BIN)/python -m
OWN = $(if $(RESULTS),--results "$(RESULTS)")

help: ## List the targets
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.12")'
	$(PYTHON) -m venv --clear .venv
	.venv/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	.venv/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

env: $(READY) ## Set up .venv (an active conda environment is used as it is)

study: env ## Run the study and compare every design (RESULTS=folder, ITEMS=100,1000)
	$(RUN) workbench study $(if $(ITEMS),--items "$(ITEMS)") $(OWN)

test: env ## Check the style and run the tests (under 8 minutes)
	$(RUN) ruff check . && $(RUN) ruff format --check .
	$(RUN) pytest -n auto --dist loadfile

test-slow: env ## The slow tests: each telling of ten batches, a whole report, a fresh clone that stays as it was
	$(RUN) pytest -n auto -m slow

swarm: env ## Break things at random and judge the fan-in (RUNS=200 seeds of each design)
	$(RUN) workbench swarm --runs $(or $(RUNS),200)

mutants: env ## Break the handlers by small changes: what tests and swarm see of them (SAMPLE=20, ONLY=text)
	$(RUN) tests.mutants $(if $(ONLY),--only "$(ONLY)") $(if $(SAMPLE),--sample $(SAMPLE) --seed $(or $(SEED),0))

e2e: env ## Deploy, run, collect and destroy on an AWS-compatible server on loopback
	$(RUN) pytest -m e2e tests/e2e

browser-test: env ## Open the notebooks and the report in a real browser (installs Chromium)
	$(RUN) pytest -m browser tests/browser

focus: env ## Let the official validator judge exported bills (needs Python 3.12 or 3.13 beside ours)
	$(RUN) pytest -m focus -rs tests/focus

agreement: env ## Replay published measurements on the model
	$(RUN) workbench agreement

bench: env ## Measure speed and memory here
	$(RUN) bench

size: env ## Count lines and modules (AGAINST=revision; else the commit before the rooms)
	$(RUN) bench size $(if $(AGAINST),--against $(AGAINST))

site: env ## Build the documents as web pages in build/site (no network, no CDN), and check their links
	$(RUN) docs.site

report: env ## Render results/published/report.html from your runs (RESULTS=folder)
	$(RUN) workbench report $(OWN)

publish: env ## Draw every chart and the film from your runs (RESULTS=folder)
	$(RUN) workbench publish $(OWN)

reference: env ## Make results/reference and docs/findings.md anew: alone changes what git tracks
	$(RUN) workbench reference

deploy: env ## Deploy to AWS (DESIGN=sqs|sfn|counters|all, NOTIFY=someone@example.com, BOOTSTRAP=1)
	$(RUN) workbench deploy --design $(or $(DESIGN),all) $(if $(NOTIFY),--notify $(NOTIFY)) $(if $(BOOTSTRAP),--bootstrap)

destroy: env ## Remove everything from AWS, and prove it
	$(RUN) workbench destroy --design $(or $(DESIGN),all)

first-day: env ## A first day on AWS, from doctor to destroy, for about $1 (MAX_USD=2)
	$(RUN) workbench first-day --max-usd $(or $(MAX_USD),2) $(if $(BOOTSTRAP),--bootstrap)

lab: env ## Open JupyterLab on the notebooks
	$(BIN)/jupyter-lab --ContentsManager.pre_save_hook=workbench.notebooks.strip notebooks

app: env ## Open the explorer as a page of its own, without its code
	$(BIN)/voila notebooks/explore.ipynb

format: env ## Format the sources and strip the notebooks
	$(RUN) ruff format . && $(RUN) ruff check --fix . && $(BIN)/nbstripout notebooks/*.ipynb

lock: ## Pin the newest packages again (needs uv)
	uv pip compile pyproject.toml --extra dev --extra durable --extra cluster --extra site --extra app --universal --python-version 3.11 --upgrade --no-header --no-annotate --generate-hashes -o requirements.lock
	uv pip compile pyproject.toml --extra dev --extra durable --extra cluster --extra site --extra app --universal --python-version 3.11 --no-header --no-annotate -c requirements.lock -o constraints.txt

clean: ## Remove the environment and the caches, not the results
	rm -rf .venv .cache .pytest_cache .ruff_cache build *.egg-info infra/cdk.out

.PHONY: help env study test test-slow swarm mutants e2e browser-test focus agreement bench size site report publish reference deploy destroy first-day lab app format lock clean
