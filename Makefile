# Every target does on a fresh machine what it needs first: environment, packages, weights, browser.
PYTHON ?= python3
PORT ?= 8501
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check
export PYTHONPATH := $(CURDIR)

.PHONY: run test test-slow lint fix bench pin readme clean

run: .playground/ready
	$(PY) -m streamlit run app.py --server.port $(PORT)

test: .playground/ready $(VENV)/dev browser
	$(PY) -m pytest -m "not slow" --numprocesses 2 --dist loadfile

test-slow: .playground/ready $(VENV)/dev browser
	$(PY) -m pytest -m slow

bench: .playground/ready $(VENV)/dev
	$(PY) -m benchmarks.run $(ONLY)

lint: $(VENV)/dev
	$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check . && $(VENV)/bin/pyright

fix: $(VENV)/dev
	$(VENV)/bin/ruff check --fix . ; $(VENV)/bin/ruff format .

pin: $(VENV)/app
	$(PY) -m core.models.pin

readme: $(VENV)/app
	$(PY) -m docs.tables

clean:
	rm -rf $(VENV) .playground .pytest_cache .ruff_cache

# The stamps below are newer than what they were made from, so a second start takes no time.
$(VENV)/app: requirements.txt requirements-starter.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v < (3, 14) else "Python 3.11, 3.12 or 3.13 is needed: make run PYTHON=python3.12")'
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PIP) -r requirements.txt
	$(PIP) --no-deps -r requirements-starter.txt
	@touch $@

$(VENV)/dev: requirements-dev.txt $(VENV)/app
	$(PIP) -r requirements-dev.txt
	@touch $@

.playground/ready: $(VENV)/app
	@mkdir -p .playground
	$(PY) -m core.models.prepare
	@touch $@

.PHONY: browser
browser: $(VENV)/app
	@$(PY) -m tests.chromium
