# Two commands do everything: `make run` and `make test`. Only make and a Python of
# at least 3.11 with venv are needed; the environment is made in .venv.

# The Redis wheel exists up to Python 3.12, so 3.12 and 3.11 come first. Interpreters
# without ensurepip cannot make an environment and are passed over.
PYTHON ?= $(shell for python in python3.12 python3.11 python3.13 python3.14 python3; do \
	"$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
	2>/dev/null && command -v "$$python" && break; done)
UV_VERSION = 0.13.9
PY = .venv/bin/python
UV = .venv/bin/uv
STACK = $(PY) -m portal.stack
ARGS ?=

.PHONY: help run test check check-on-servers bench walk clean

help:
	@echo 'make run    the whole portal on http://localhost:8000 (PORT, DATA_DIR, DEMO=0)'
	@echo 'make test   the whole suite on real PostgreSQL and Redis (ARGS="-k words")'
	@echo 'make check  format, lint, types, migrations, texts, licences'
	@echo 'make bench  figures beside the bare floor'
	@echo 'make walk   walk through a running demo and take screenshots'
	@echo 'make clean  remove the environment and caches; data in var/ stays'

run: .venv/.run
	@exec $(STACK) up

test: .venv/.dev
	$(STACK) run --throwaway -- .venv/bin/pytest -n 2 --dist loadgroup \
		--no-loadscope-reorder $(ARGS)

check: .venv/.dev
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	$(PY) -m tests.check_licences
	$(STACK) run --throwaway -- $(MAKE) --no-print-directory check-on-servers

# The settings are real ones here: types, migrations and texts are read through them.
check-on-servers:
	.venv/bin/mypy
	$(PY) manage.py makemigrations --check --dry-run
	$(PY) -m tests.check_texts

bench: .venv/.dev
	$(STACK) run -- $(PY) -m bench $(ARGS)

# The failure pages are rendered here, which needs settings; the rest is the running demo.
walk: .venv/.dev
	$(STACK) run -- $(PY) -m tests.walk --folder "$${DATA_DIR:-var}" $(ARGS)

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find portal complaints tests -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@test -n "$(PYTHON)" || { \
		echo 'Python 3.11 or newer with venv is needed, and none was found.'; \
		echo 'Debian, Ubuntu: apt-get install python3-venv'; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.uv-$(UV_VERSION): | .venv/bin/python
	$(PY) -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

.venv/.run: requirements.lock .venv/.uv-$(UV_VERSION)
	$(UV) pip install --python $(PY) --require-hashes -r requirements.lock
	@touch $@

.venv/.dev: requirements-dev.lock requirements.lock .venv/.uv-$(UV_VERSION)
	$(UV) pip install --python $(PY) --require-hashes -r requirements-dev.lock
	@touch .venv/.run $@
