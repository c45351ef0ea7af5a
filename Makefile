# make reproduce   train every system of profile laptop (seed 0: digits, two on synthetic data, three on expressions), and build the book
#                  with these runs; in a copy, _build/reproduce
# make test        unit tests, strict nbval and papermill smoke runs of a few pages, book build
# make test-all    what takes longer: nbval and smoke runs of all other pages, every page in a browser, the tests marked `long`
# make quick       the unit tests alone
# make publish     run every notebook from its percent source and put it beside it
# make book        build the book from the published notebooks, if these are current
# make clean       remove what was built, the reproduction too
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Two pytest workers on two cores: one thread each, or they fight over the cores.
THREADS := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
# A reproduction works in a copy. SYSTEMS="ae rae" trains these alone; by default all of them are trained.
COPY := _build/reproduce
IN_COPY := RAE_RESULTS=$(COPY)/results RAE_HOME=$(COPY)/home
REPRODUCED := --profile laptop --seed 0 --no-studies $(if $(SYSTEMS),--system $(SYSTEMS))
BUILD := --all -W -n --keep-going
EMPTY :=
HERE := file://$(subst $(EMPTY) ,%20,$(CURDIR))
NBVAL := --nbval --nbval-current-env --nbval-sanitize-with tests/sanitize.cfg

.PHONY: help venv reproduce publish book lint quick test test-all clean

help:
	@sed -n '/^# make/s/^# //p' Makefile

venv: $(STAMP)

$(STAMP): requirements.txt constraints.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -r requirements.txt -c constraints.txt
	touch $@

reproduce: venv
	$(BIN)/python -m rae_lib reproduce copy $(COPY) $(REPRODUCED)
	$(IN_COPY) $(BIN)/python -m rae_lib run $(REPRODUCED) --measure search --jobs 2 --device cpu
	$(IN_COPY) $(BIN)/python -m rae_lib publish --root $(COPY) --stale --jobs 2
	$(BIN)/jupyter-book build $(COPY) $(BUILD)
	@$(IN_COPY) $(BIN)/python -m rae_lib reproduce compare $(REPRODUCED)
	@echo "Which of your numbers lie outside: $(HERE)/$(COPY)/_build/html/notebooks/93_reproduce.html"
	@echo "The book with your runs is at $(HERE)/$(COPY)/_build/html/index.html"

publish: venv
	$(BIN)/python -m rae_lib publish --jobs 2

book: venv
	@$(BIN)/python -m rae_lib publish --check >/dev/null || { \
	echo "The book shows what is published, and these notebooks are not current. Run: make publish" >&2; exit 1; }
	$(BIN)/jupyter-book build . $(BUILD)
	@echo "The book is at $(HERE)/_build/html/index.html"

lint: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

quick: venv
	$(THREADS) $(BIN)/python -m pytest -rs

test: lint
	$(THREADS) $(BIN)/python -m pytest tests $(wildcard notebooks) $(NBVAL) -m "not long" -n 2 --no-loadscope-reorder -rs

test-all: venv
	$(BIN)/python -m pip install -q -e ".[bench,cluster]" -c constraints.txt
	$(THREADS) $(BIN)/python -m pytest tests $(wildcard notebooks) $(NBVAL) -m long -n 2 --no-loadscope-reorder -rs

clean:
	rm -rf _build .pytest_cache .ruff_cache *.egg-info
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
