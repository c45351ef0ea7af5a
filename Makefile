# make reproduce   train every system on digits (seed 0), publish the notebooks, build the book
# make test        everything: unit tests, strict nbval, papermill smoke runs, book build, browser
# make quick       the unit tests alone
# make publish     run every notebook from its percent source and put it beside it
# make book        build the book from the published notebooks
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Two pytest workers on two cores: one thread each, or they fight over the cores.
THREADS := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
NBVAL := --nbval --nbval-current-env --nbval-sanitize-with tests/sanitize.cfg

.PHONY: help venv reproduce publish book lint quick test clean

help:
	@sed -n '/^# make/s/^# //p' Makefile

venv: $(STAMP)

$(STAMP): requirements.txt constraints.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -r requirements.txt -c constraints.txt
	touch $@

reproduce: venv
	$(BIN)/python -m rae_lib.runs --profile laptop --dataset digits --seed 0 --no-studies --recompute --jobs 2
	$(BIN)/python -m rae_lib.publish --jobs 2
	$(MAKE) --no-print-directory book

publish: venv
	$(BIN)/python -m rae_lib.publish --jobs 2

book: venv
	$(BIN)/jupyter-book build . --all -W -n --keep-going
	@echo "The book is at file://$(CURDIR)/_build/html/index.html"

lint: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

quick: venv
	$(THREADS) $(BIN)/python -m pytest

test: lint
	$(THREADS) $(BIN)/python -m pytest tests $(wildcard notebooks) $(NBVAL) -m "" -n 2 --no-loadscope-reorder

clean:
	rm -rf _build .pytest_cache .ruff_cache *.egg-info
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
