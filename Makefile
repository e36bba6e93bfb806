# Two commands set everything up on a fresh machine with Python (3.11 or newer) and make:
#   make demo    watch a model learn
#   make test    run the tests
PYTHON ?= python3
VENV := .venv
STAMP := $(VENV)/.installed
BIN := $(VENV)/bin

.PHONY: demo test test-faults test-long check bench pictures snapshots clean

demo: $(STAMP)
	$(BIN)/lintui demo $(NAME)

test: $(STAMP)
	$(BIN)/python -m pytest -n 3 --dist loadfile

# What lintui promises when things go wrong, each promise with its full figure.
test-faults: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "long or not long" tests/faults

# The same for everything else that takes minutes: whole trainings, hundreds of kills, millions of points.
test-long: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist loadfile -m long --ignore=tests/faults tests

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Every figure that the README quotes, measured again on this machine.
bench: $(STAMP)
	@for file in bench/bench_*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

# Every picture that the README shows, drawn again from runs made for it.
pictures: $(STAMP)
	$(BIN)/python docs/pictures.py

snapshots: $(STAMP)
	$(BIN)/python -m pytest tests/test_snapshots.py --snapshot-update

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "lintui needs Python 3.11 or newer: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet "torch==2.13.0" -c constraints.txt
	$(BIN)/python -m pip install --quiet -e ".[dev]" -c constraints.txt
	touch $(STAMP)

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
