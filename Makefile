# Needs make and Python >= 3.11; everything else is installed into .venv.
.DEFAULT_GOAL := help
.PHONY: help venv venv-dev run demo test test-nginx check lint types contracts test-alerts dashboards bench simulate chaos mutants mutation docs lock clean
MAKEFLAGS += --no-print-directory

SALE ?= examples/sale.json
# The first Python that is new enough and can make virtual environments.
FIND_PYTHON = for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python; do \
	if $$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	then exec $$python infra/make_venv.py $(1); fi; done; \
	echo 'make: Python >= 3.11 with venv is needed (on Debian and Ubuntu: apt install python3-venv)' >&2; exit 1

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

venv: ## make .venv with what the service runs on
	@$(call FIND_PYTHON,service)

venv-dev: ## make .venv with what tests and checks need, too
	@$(call FIND_PYTHON,dev)

.PHONY: venv-columns
venv-columns: venv ## add polars to .venv, for ./cashback calculate
	@$(call FIND_PYTHON,columns)

run: venv ## run everything here until Ctrl-C: database, sandbox provider, API, worker
	@exec ./cashback --end-with-parent run

demo: venv ## send SALE (examples/sale.json) through a throwaway system, show what became of it
	@exec ./cashback --end-with-parent demo --sale '$(SALE)'

SPACE := $(subst ,, )
WORKERS ?= 2
# Tests start hundreds of Pythons: without compiled files each would compile the source anew.
PYTEST = PYTHONDONTWRITEBYTECODE= .venv/bin/python -m pytest
WITHOUT ?= container browser clients java nginx pgbouncer promtool
test: venv-dev ## run every test that needs nothing but Python (WORKERS=2 files at once)
	@$(PYTEST) -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m 'not ($(subst $(SPACE), or ,$(strip $(WITHOUT))))' $(TESTS)

test-nginx: venv-dev ## run the tests that need an nginx or a PgBouncer (infra/ci_packages.sh installs them)
	@$(PYTEST) -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m 'nginx or pgbouncer' $(TESTS)

CLIENT_TOOLS = tests/integration/clients/typescript
# What the system trusts, as pip does; npm has a list of its own.
SYSTEM_CA = $(wildcard /etc/ssl/certs/ca-certificates.crt)
.PHONY: client-tools test-clients
$(CLIENT_TOOLS)/node_modules: $(CLIENT_TOOLS)/package-lock.json
	npm ci --prefix $(CLIENT_TOOLS) --ignore-scripts --no-audit --no-fund $(SYSTEM_CA:%=--cafile=%)
	@touch $@
client-tools: $(CLIENT_TOOLS)/node_modules ## install the TypeScript generator that test-clients needs (needs Node.js)

test-clients: venv-dev client-tools ## make clients in Python and TypeScript of the OpenAPI document, let them work
	@$(PYTEST) -m clients tests/integration/clients

# Not part of `check`: 30 MB and a Java for what changes rarely (docs/decisions.md, 93).
.PHONY: test-java-client
test-java-client: venv-dev ## make a Java client of the OpenAPI document, read its sources (needs a Java)
	@$(call FIND_PYTHON,java)
	@$(PYTEST) -m java tests/integration/clients

test-alerts: venv-dev ## run the unit tests of the alert rules (infra/ci_packages.sh installs promtool)
	@$(PYTEST) -m promtool tests/unit/infra

.PHONY: test-deploy secrets
test-deploy: venv-dev ## run docker-compose.yml for real, kill its parts, restore, upgrade
	@exports=$$(tests/deploy/engine.sh) && eval "$$exports" && \
		$(PYTEST) -m 'container or browser' -p no:randomly \
			$(or $(TESTS),tests/deploy tests/integration/http/test_http_swagger_ui.py tests/integration/http/test_http_report_page.py)

secrets: venv ## make the secrets of a deployment in secrets/, for the containers' user (as root; what is there stays)
	@./cashback secrets make secrets --owner 10001

check: lint types contracts test-here regression ## what CI runs before it deploys

.PHONY: test-here
test-here: client-tools ## run every test but those of deploying, with nginx, PgBouncer, promtool and clients, all in one go
	@$(MAKE) --no-print-directory test WITHOUT='container browser java'

lint: venv-dev ## style and formatting
	.venv/bin/python -m ruff check
	.venv/bin/python -m ruff format --check

types: venv-dev ## both type checkers, strict, side by side
	.venv/bin/python -m mypy & mypy=$$!; \
		.venv/bin/python -m basedpyright; pyright=$$?; wait $$mypy && exit $$pyright

contracts: venv-dev ## imports point inward only
	PYTHONPATH=src .venv/bin/lint-imports

REPEATS ?= 5
# A Python built with PGO and LTO where there is one: it is a tenth and more quicker, and the image's is one.
BENCH = python=$$(.venv/bin/python infra/quick_python.py) && PYTHONPATH=src:proofs $$python -m
bench: SECONDS ?= 5
bench: venv-dev ## measure sale -> applied next to pgbench (SECONDS=5 REPEATS=5)
	@$(BENCH) benchmarks --seconds $(SECONDS) --repeats $(REPEATS)

# The peers run on the same Python as the gateway: another build would be measured, too.
.PHONY: bench-peers
bench-peers: venv-dev ## measure every goal of speed beside Django REST, FastAPI and pgbench, 12 minutes (ARGS="--short")
	@$$(.venv/bin/python infra/quick_python.py) infra/make_venv.py peers
	@$(BENCH) benchmarks.peers $(ARGS)

.PHONY: budget
budget: venv-dev ## where the CPU of a sale goes, into docs/performance.md, a minute (ARGS="--connections 64")
	@$(BENCH) benchmarks.budget --write $(ARGS)

.PHONY: bench-plain
bench-plain: venv-dev ## time a plain sale in the core, in turns with the way before (BESIDE=another checkout's src)
	@PYTHONPATH=src:proofs .venv/bin/python -m benchmarks.plain_sales $(if $(BESIDE),--beside $(BESIDE))

.PHONY: bench-columns
bench-columns: venv-dev ## what share of a memory copy lines reach by column, whole sales beside a loop of calculate
	@PYTHONPATH=src:proofs .venv/bin/python -m benchmarks.columns $(ARGS)

.PHONY: bench-start bench-memory
bench-start: venv-dev ## time starting: the command line's help, the core alone, an API that is ready
	@PYTHONPATH=src:proofs .venv/bin/python -m footprint start

MINUTES ?= 10
bench-memory: venv-dev ## watch the memory of API and worker at the peak, beside 1,000 idle connections (MINUTES=10)
	@PYTHONPATH=src:proofs .venv/bin/python -m footprint memory --minutes $(MINUTES)

.PHONY: regression baseline
regression: venv-dev ## does a sale cost what the committed baseline says: round trips, log, processor time
	@PYTHONPATH=src:proofs .venv/bin/python -m regression $(ARGS)

baseline: venv-dev ## write that baseline anew, to be committed with what changes it
	@PYTHONPATH=src:proofs .venv/bin/python -m regression --write

.PHONY: capacity
capacity: venv-dev ## drive the compose stack to its knees, write docs/sizing.md (ARGS="--seconds 5 …")
	@exports=$$(tests/deploy/engine.sh) && eval "$$exports" && \
		PYTHONPATH=src:tests:proofs .venv/bin/python -m capacity $(ARGS)

# Needs 29 GB of disk at the default size, and a quarter of an hour of two idle cores.
LINES ?= 10000000
.PHONY: volume volume-ci
volume: venv-dev ## load a long past by COPY, compare plans, pages, times with a tenth of it (LINES= FOLDER=)
	@PYTHONPATH=src:proofs .venv/bin/python -m volume --lines $(LINES) --customers $$(($(LINES) / 5)) \
		$(if $(FOLDER),--folder $(FOLDER))

volume-ci: venv-dev ## the same as a test: a million sale lines beside a tenth, plans and pages alone
	@$(PYTEST) -n0 tests/integration/volume

simulate: venv-dev ## the delivery decisions against SEEDS=5000 simulated worlds, or SEED=123 again
	@PYTHONPATH=src:tests:proofs .venv/bin/python -m simulation \
		$(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),5000))

PROFILE ?= mixed
chaos: venv-dev ## kill and freeze the real processes, compare the money (PROFILE=database|statements SECONDS= SEED=)
	@PYTHONPATH=src:proofs .venv/bin/python -m chaos --profile $(PROFILE) \
		$(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED))

mutants: venv-dev ## plant broken designs, see each one caught
	@PYTHONPATH=src:tests:proofs .venv/bin/python -m simulation mutants
	@PYTHONPATH=src:proofs .venv/bin/python -m chaos --mutants

# Not part of `check`: it takes the better part of an hour. docs/mutation.md tells how to read it.
CHILDREN ?= 2
mutation: ## mutation testing of the core's decisions, slow (MODULES="money reading" CHILDREN=2)
	@$(call FIND_PYTHON,mutation)
	@.venv-mutation/bin/mutmut run --max-children $(CHILDREN) $(MODULES:%='cashback_core.%.*')
	@.venv-mutation/bin/python infra/mutation_figures.py $(MODULES)

docs: venv ## print what is made from tables: docs/{settings,metrics,sandbox}.md, compose's settings, nginx's words
	PYTHONPATH=src .venv/bin/python -m cashback_gateway.settings.page > docs/settings.md
	PYTHONPATH=src .venv/bin/python -m cashback_gateway.settings.compose docker-compose.yml
	PYTHONPATH=src .venv/bin/python -m adapters.telemetry.page > docs/metrics.md
	PYTHONPATH=src .venv/bin/python -m adapters.cashback_client.sandbox.page > docs/sandbox.md
	PYTHONPATH=src .venv/bin/python -m adapters.http.serving.proxy_problems > infra/nginx/gateway/problems.conf

.PHONY: schema
schema: venv ## write src/adapters/postgres/schema/schema.sql anew from the migrations
	PYTHONPATH=src .venv/bin/python -m adapters.postgres.schema.dump src/adapters/postgres/schema/schema.sql

.PHONY: rights
rights: venv ## write the table of rights in docs/database.md anew from the migrations
	PYTHONPATH=src .venv/bin/python -m adapters.postgres.schema.rights docs/database.md

dashboards: venv ## write infra/grafana/dashboards from make_dashboards.py
	.venv/bin/python infra/grafana/make_dashboards.py

# Litestar requires these for its command line and for tests; nothing of ours imports them, and
# requirements are installed without their own (--no-deps), so the image can do without.
UNNEEDED = faker litestar-htmx polyfactory rich-click
lock: ## pin requirements/*.txt anew from pyproject.toml (needs uv)
	@compile='uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header'; \
	$$compile --group service $(UNNEEDED:%=--no-emit-package %) -o requirements/service.txt && \
	$$compile --group dev -o requirements/dev.txt
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
		--no-header --group java -o requirements/java.txt
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
		--no-header --group mutation -c requirements/dev.txt -o requirements/mutation.txt
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
		--no-header --group columns -c requirements/dev.txt -o requirements/columns.txt
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
		--no-header --group peers -o requirements/peers.txt

.PHONY: backup restore upgrade
backup: ## copy the stack's database and check the copy (KEEP=7 copies stay)
	@infra/backup.sh $(KEEP)

restore: ## put the stack's database back to TO='2026-11-24 12:00:00+00', or to all that was logged
	@infra/restore.sh $(if $(TO),'$(TO)')

upgrade: ## replace the running version by IMAGE, one container after the other
	@infra/upgrade.sh $(IMAGE)

clean: ## remove .venv and caches; the data in var/ stays
	rm -rf .venv .venv-java .venv-mutation .venv-peers .venv-bench mutants .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
