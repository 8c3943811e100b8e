# `make demo` and `make test` need python3 (3.11 or newer), make and, for the tests, apt. Nothing else is assumed.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group build

.PHONY: demo test check bench soak soak-page fuzz pictures format lock clean

demo: $(VENV)/.runtime
	@$(BIN)/stripchart demo

test: $(VENV)/.dev
	@tests/need chromium mosquitto mosquitto_pub openssl node npm collectd gpsd gpsfake strace
	$(BIN)/ruff check src tests
	$(BIN)/ruff format --check src tests
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(if $(TESTS),$(BIN)/python -m pytest $(TESTS),$(run_all))

check: $(VENV)/.dev
	$(BIN)/ruff check src tests
	$(BIN)/ruff format --check src tests
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev
	@tests/need chromium mosquitto mosquitto_pub openssl node npm
	$(BIN)/python -m tests.benchmarks $(BENCH)

soak: $(VENV)/.dev
	@tests/need chromium mosquitto mosquitto_pub openssl strace
	$(BIN)/python -m pytest tests/faults -m soak --timeout 3600 --ignore tests/faults/test_page_soak.py

# One tab for an hour, or as long as MINUTES says; a line each minute: minute, heap, nodes, server, threads, files, sessions.
soak-page: $(VENV)/.dev
	@tests/need chromium
	STRIPCHART_SOAK_MINUTES=$(or $(MINUTES),60) $(BIN)/python -m pytest tests/faults/test_page_soak.py -m soak -s

fuzz: $(VENV)/.dev
	$(BIN)/python -m tests.fuzz

pictures: $(VENV)/.dev
	@tests/need chromium
	PYTHONPATH=tests $(BIN)/python -m support.pictures

format: $(VENV)/.dev
	$(BIN)/ruff check --fix src tests
	$(BIN)/ruff format src tests

# The locks name no index and no host. They need uv, which is only wanted here.
lock:
	$(LOCK) pyproject.toml -o requirements.txt
	$(LOCK) pyproject.toml --all-extras --group dev -o requirements-dev.txt

$(VENV)/.runtime: requirements.txt pyproject.toml
	@$(call install,requirements.txt)
	@touch $@

$(VENV)/.dev: requirements-dev.txt pyproject.toml
	@$(call install,requirements-dev.txt)
	@touch $@ $(VENV)/.runtime

clean:
	rm -rf $(VENV) .coverage .coverage.* .hypothesis .mypy_cache .ruff_cache

# All tests, in four lanes, three at once, each of which tells what it found when it ends. Two mostly wait, for browsers and
# for brokers, devices and programs; the third computes in the time that they leave. The last, for the core that is free
# first, is unmeasured: decoders are held to their promises with 20,000 examples each where nobody waits (CI).
LONGEST := tests/decoders/test_invariants.py
PAGES := tests/browser
WAITING := tests/faults tests/senders tests/sources $(wildcard tests/test_*.py)
LANES := test-pages test-waiting test-computing test-longest
MEASURED := $(BIN)/python -m coverage run -m pytest
define run_all
	rm -f .coverage .coverage.*; \
	$(MAKE) --no-print-directory --jobs=3 --keep-going --output-sync=target $(LANES) && \
	$(BIN)/python -m coverage combine --quiet && $(BIN)/python -m coverage report
endef

.PHONY: $(LANES)
$(LANES): export PYTHONDONTWRITEBYTECODE := # the command is started hundreds of times

test-pages:
	@$(MEASURED) $(PAGES)

test-waiting:
	@$(MEASURED) $(WAITING)

test-computing:
	@nice -n 5 $(MEASURED) tests $(addprefix --ignore ,$(PAGES) $(WAITING) $(LONGEST))

test-longest:
	@nice -n 5 $(BIN)/python -m pytest -q $(LONGEST)

# install FILE: a virtual environment with what the lock says, then the project itself; uv where it is present, for speed.
define install
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Stripchart needs Python 3.11 or newer; try: make PYTHON=python3.11 $(MAKECMDGOALS)")'
	echo "Setting up $(VENV) from $(1) ..." >&2
	if [ -n "$(UV)" ]; then \
	  { [ -x $(BIN)/python ] || $(UV) venv --quiet --python "$$(command -v $(PYTHON))" $(VENV); } && \
	  $(UV) pip install --quiet --python $(BIN)/python --require-hashes -r $(1) && \
	  $(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . ; \
	else \
	  { [ -x $(BIN)/pip ] || $(PYTHON) -m venv $(VENV) || { echo "python3 has no venv module; on Debian: apt-get install python3-venv"; exit 1; }; } && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1) && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . ; \
	fi
endef
