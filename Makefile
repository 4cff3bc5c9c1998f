# `make` lists the targets. Each is one line here, or a script under deploy/ or tests/. ARGS reaches the command.
.DEFAULT_GOAL := help
MINUTES ?= 10
# Two processes, a file of tests at a time, the short ones last; each starts servers of its own: ARGS="-n 0" for one.
ON_TWO := -n 2 --dist loadfile --no-loadscope-reorder
.PHONY: help setup setup-dev run dashboard test test-slow test-faults test-spark4 soak bench check docs audit package wheel lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## everything that the demo needs, into .venv: packages, Java 17, jars; minutes once, then a second
	@deploy/setup.sh

run: setup ## the demo: a file's posts, every 20 s, into an embedded MongoDB; SOURCE=bluesky: live; twitter, mastodon: by their APIs
	@deploy/run-demo.sh $(ARGS)

dashboard: ## the live page of the demo or of your database, at http://127.0.0.1:8501; ARGS="--port 8600"
	@deploy/setup.sh dashboard
	@deploy/run-dashboard.sh $(ARGS)

test: setup-dev ## the tests, without the slow ones: a quarter of an hour on 2 cores
	@.venv/bin/python -m pytest $(ON_TWO) -m "not slow and not faults" $(ARGS)

test-slow: setup-dev ## the slow tests: 12 to 20 minutes
	@tests/run-slow.sh $(ON_TWO) $(ARGS)

test-faults: setup-dev ## kills at every point, outages, 120,000 bad events: an hour
	@.venv/bin/python -m pytest -m faults $(ARGS)

test-spark4: setup-dev ## the tests that speak to Spark, on Spark 4.0
	@deploy/test-spark4.sh $(ARGS)

soak: setup-dev ## several sources at once, a fault at random every half minute, for MINUTES=10; ARGS="--sources kafka,files"
	@.venv/bin/python -m tests.soak --minutes $(MINUTES) $(ARGS)

bench: setup-dev ## beside what people would use instead, two hours; QUICK=1: under 5 minutes; ONLY=NAME: one part
	@.venv/bin/python -m bench.environments
	@PYTHONPATH=.cache/bench/pymongo .venv/bin/python -m bench $(if $(QUICK),--scale quick) --only "$(ONLY)" $(ARGS)

check: setup-dev ## format, lint, types, import rules, dead code, shell, containers, alert rules
	@deploy/check.sh

docs: ## the documentation as a site with search and reference, in build/site; every link is looked at
	@deploy/docs.sh $(ARGS)

audit: ## known weaknesses in the packages of the lock files, where PyPI can be asked
	@deploy/audit.sh $(ARGS)

package: setup ## dist/, what a cluster needs: code, Python packages, jars; ARGS=/usr/bin/python3.11: the nodes' Python
	@deploy/package.sh $(ARGS)

wheel: .venv ## dist/casestream-….whl, what a data scientist installs: the loader, without Spark and the job
	@rm -rf build dist/casestream-*.whl
	@.venv/bin/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .

lock: ## requirements*.txt from pyproject.toml; ARGS=--upgrade moves the versions
	@deploy/lock.sh $(ARGS)

clean: ## remove .venv, caches and build output; .data, where the demo stores, stays
	@rm -rf .venv .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist ./*.egg-info spark-warehouse
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup-dev:
	@deploy/setup.sh dev

.venv:
	@deploy/setup.sh
