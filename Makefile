# Few commands, the same by hand and in CI. `make help` lists them.
PYTHON ?= python3
BIN := .venv/bin
PY := $(BIN)/python
export PATH := $(CURDIR)/$(BIN):$(CURDIR)/node_modules/.bin:$(PATH)
MAKEFLAGS += --no-print-directory
# One thread a process, and a process more than cores (conftest.py), 0.7 GB each; a file stays with one of them, as a
# notebook must, and files begin in the order of conftest.py.
PYTEST = OMP_NUM_THREADS=1 $(PY) -m pytest -q -n auto --maxprocesses 8 --dist loadfile --no-loadscope-reorder --nbval --nbval-current-env --nbval-cell-timeout=300 --nbval-sanitize-with tests/outputs.cfg

.DEFAULT_GOAL := help
.PHONY: help read test lint test-builds test-heavy test-portable book execute execute-check quoted export stale rehearse rehearse-oldest mutation address constraints clean setup browser

help:  ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 22

read: book  ## set up, build the book, serve it on this machine and print its address
	@$(PY) tools/serve.py _build/html

test: browser  ## set up and run every test: lint, types, scripts, library, notebooks, pages in a browser
	rm -rf _build/html _build/.doctrees _build/stamp.json
	$(MAKE) -j 2 lint book
	node --test tests/scripts/*.test.mjs
	$(PYTEST) --ignore tests/builds --doctest-modules transformer_lib tests book

test-builds: browser  ## build a small book again and again, killed and damaged, and the whole as one page, as a PDF needs
	$(MAKE) book
	$(PYTEST) tests/builds

lint: setup  ## what needs no run: style, spelling, types, the order of rooms, scripts
	ruff check .
	ruff format --check --extend-exclude "*.ipynb" .
	codespell
	lint-imports
	pyright
	pyright -p pyrightconfig.strict.json
	tsc
	eslint .

test-heavy: browser  ## what takes long and seldom changes: every case, portable kernels, pictures to the last bit, mutants
	$(MAKE) book
	THOROUGH=1 $(PYTEST) tests
	$(MAKE) test-portable execute-check mutation

test-portable: setup  ## run the notebooks with the kernels that every processor has
	ATEN_CPU_CAPABILITY=default $(PYTEST) book

book: setup  ## build the pages, strictly, to _build/html
	@$(PY) tools/book.py

execute: setup  ## execute every notebook again and store it in its normal form
	$(PY) tools/notebooks.py execute

execute-check: setup  ## compare a fresh execution of every notebook with what is stored
	$(PY) tools/notebooks.py check

quoted: setup  ## tie each number in the text to the output, result or line of code that it comes from
	@$(PY) -m tools.quoted

export: setup  ## write the graphs, tables and script bundles of the live pictures
	$(PY) -m transformer_lib.live.export
	node tools/bundle.mjs

stale: setup  ## say which graphs, tables and bundles are out of date
	$(PY) -m transformer_lib.live.export --check
	node tools/bundle.mjs --check

rehearse: book  ## run every notebook as in Colab: an empty folder, its versions, the wheel as it is served
	$(PY) -m tools.rehearse

rehearse-oldest: book  ## run some notebooks on the oldest versions that the library allows (5 GB: an older torch brings CUDA along)
	$(PY) -m tools.rehearse --oldest

mutation: setup  ## break the library in small ways and count what its tests notice: make mutation OF="masks decoding"
	$(PY) -m tools.mutation $(OF)

address:  ## change the repository's address everywhere: make address TO=https://... (and BRANCH=... if it is not main)
	@$(PYTHON) tools/set_address.py "$(TO)" $(BRANCH)

constraints:  ## after a change of requirements.txt: pin in constraints.txt what comes along, everywhere; install it
	@test -x $(BIN)/uv || { echo "Run make setup before you change a pin: the rest shall stay as it is pinned"; exit 1; }
	grep -v '^-c' requirements.txt | $(BIN)/uv pip compile --quiet --universal --python-version 3.11.0 \
	  --no-annotate --custom-compile-command "make constraints" --output-file constraints.txt -
	@$(MAKE) setup

clean:  ## remove everything that these commands made
	rm -rf .venv _build node_modules build dist *.egg-info .pytest_cache .ruff_cache .hypothesis

setup:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) was not found: install Python 3.11 or newer, or say where it is: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) tools/setup.py

browser: setup
	@$(PY) tools/browser.py
