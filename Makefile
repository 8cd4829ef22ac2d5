PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TEXTS := $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/*.po))

ifdef REMOTE
export MEDIA_REMOTE := $(REMOTE)
endif

.DEFAULT_GOAL := help
.PHONY: run test bench torture lint clean help

help:
	@echo "make run    start the shop back office with a local S3 server (PORT=8000, REMOTE=s3)"
	@echo "make test   run the whole test suite, real servers and browser included"
	@echo "make bench  run the benchmarks"
	@echo "make torture  hours of faults with a fresh seed: SECTIONS=\"fire power life mutants\", SEED=n"
	@echo "make lint   run the static checks"
	@echo "make clean  remove .venv, compiled texts and everything the project wrote in ./var"

# exec: the supervisor is then a child of make itself and can tell when make is asked to stop.
run: $(STAMP) $(TEXTS)
	@exec $(BIN)/python -m dev.run

test: $(STAMP) $(TEXTS)
	@$(BIN)/python -m dev.test

bench: $(STAMP)
	@$(BIN)/python -m bench

torture: $(STAMP) $(TEXTS)
	@$(BIN)/python -m dev.torture $(if $(SEED),--seed $(SEED)) $(SECTIONS)

lint: $(STAMP)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

clean:
	rm -rf $(VENV) var $(TEXTS)

%.mo: %.po | $(STAMP)
	@$(BIN)/pybabel -q compile -i $< -o $@

$(STAMP): requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; PYTHON=/path/to/python3.11 chooses one." >&2; exit 1; }
	@echo "Installing into $(VENV) (once, and after a change of requirements*.txt) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-dev.txt
	@touch $(STAMP)
