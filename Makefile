# `make reproduce` runs the paper's comparison, `make test` the tests. Both make a virtual environment first.
PYTHON ?= python3
VENV ?= .venv
STORE ?= results
# Where torch comes from, e.g. TORCH_INDEX=https://download.pytorch.org/whl/cpu for the build without CUDA.
TORCH_INDEX ?=

BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt
BUILT_FROM = pyproject.toml setup.py constraints.txt $(filter-out %_native.c,$(wildcard $(addprefix fbbench/kernels/,*.c *.h *.def *.pyx */*.c */*.h)))

.DEFAULT_GOAL := help
.PHONY: docs docs-links help check install reproduce paper test test-slow sanitize lint format speed bench bench-compare bench-site clean

help:
	@echo "make reproduce   run the quick suite on real data; tables and figures go to paper/out/quick"
	@echo "make install     make $(VENV) and install there"
	@echo "make test        lint, then run the tests"
	@echo "make speed       measure speed, torch beside it"
	@echo "make bench       run all benchmarks on this commit (asv); make bench-compare BASE=main compares two"
	@echo "make paper       write every table and figure, and paper/out/report.html, from the committed rows"
	@echo "make docs        the documentation site, docs/_build/html; make docs-links asks every address in it"
	@echo "make test-slow   the tests that take minutes"
	@echo "make sanitize    the kernel tests under AddressSanitizer, UndefinedBehaviorSanitizer and ThreadSanitizer"
	@echo "make format      format the code"
	@echo "make clean       remove what was built (not the results)"
	@echo "The first of them makes $(VENV) and installs there. TORCH_INDEX=https://download.pytorch.org/whl/cpu"
	@echo "takes the build of torch without CUDA (0.2 GB instead of several)."

# What a fresh Debian or Ubuntu lacks, named in one line.
check:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing; on Debian or Ubuntu: sudo apt install python3 python3-venv python3-dev gcc" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "fbbench needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V). Give another one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@missing=; \
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || missing="$$missing python3-venv"; \
	$(PYTHON) -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))' || missing="$$missing python3-dev"; \
	if [ -n "$$CC" ] && ! command -v $$CC >/dev/null; then echo "CC names a compiler that is not there: $$CC. Unset CC, or name another." >&2; exit 1; fi; \
	command -v $${CC:-gcc} >/dev/null || missing="$$missing gcc"; \
	echo '#include <stdlib.h>' | $${CC:-gcc} -E - >/dev/null 2>&1 || case "$$missing" in *gcc*) ;; *) missing="$$missing libc6-dev" ;; esac; \
	[ -z "$$missing" ] || { echo "Missing:$$missing. On Debian or Ubuntu: sudo apt install$$missing" >&2; exit 1; }

$(VENV)/.installed: $(BUILT_FROM) | check
	@echo "Installing into $(VENV), a few minutes the first time; stopped, the same command goes on."
	@echo "1/3 virtual environment and build tools ..."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) setuptools Cython
	@echo "2/3 torch (0.2 GB without CUDA, several with) ..."
	@$(PIP) $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) torch
	@echo "3/3 fbbench: its other packages, then its kernels are compiled (about a minute) ..."
	@$(PIP) --no-build-isolation --config-settings editable_mode=compat --editable '.[cluster,float,paper,pictures,test,track]'
	@touch $@

install: $(VENV)/.installed

# Exit status 1 of a run means that some cells failed or a data set was wrong: what is there is still shown.
reproduce: install
	@$(BIN)/fbbench run quick --store $(STORE); status=$$?; [ $$status -le 1 ] || exit $$status; \
	$(BIN)/python -m paper.build quick --store $(STORE) && exit $$status

paper: install
	@$(BIN)/python -m paper.build
	@$(BIN)/fbbench verify

# Warnings are errors. Examples run while it is built.
docs: $(VENV)/.docs
	$(BIN)/python -m sphinx -b html -q -W --keep-going -j auto docs docs/_build/html

docs-links: $(VENV)/.docs
	$(BIN)/python -m sphinx -b linkcheck -q docs docs/_build/links

$(VENV)/.docs: $(VENV)/.installed
	@$(PIP) --no-build-isolation --config-settings editable_mode=compat --editable '.[docs]'
	@touch $@

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not slow and not network"

test-slow: install
	$(BIN)/python -m pytest -m slow

SANITIZERS = -fsanitize=address,undefined -fno-wrapv # Python is often built with -fwrapv, which hides overflows
SANITIZED = build/sanitized

# In a copy, so that the installed build stays as it is.
sanitize: install
	rm -rf $(SANITIZED) && mkdir -p $(SANITIZED)
	cp -r fbbench baselines suites tests setup.py pyproject.toml README.md $(SANITIZED)
	rm -f $(SANITIZED)/fbbench/kernels/*.so
	cd $(SANITIZED) && FBBENCH_CFLAGS="-g -fno-omit-frame-pointer -fno-sanitize-recover=all $(SANITIZERS)" \
	FBBENCH_LDFLAGS="$(SANITIZERS)" $(abspath $(BIN))/python setup.py --quiet build_ext --inplace
	cd $(SANITIZED) && LD_PRELOAD="$$($${CC:-gcc} -print-file-name=libasan.so)" ASAN_OPTIONS=detect_leaks=0 \
	$(abspath $(BIN))/python -m pytest -p no:cacheprovider tests/kernels/test_kernel_paths.py tests/network/test_propagation.py tests/network/test_perceptron.py tests/network/test_network.py tests/kernels/test_bits.py
	$(BIN)/python -m pytest tests/kernels/test_races.py

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

speed: install
	@$(BIN)/fbbench bench

# asv builds every commit in an environment of its own, under .asv; results are kept in suites/results.
BASE ?= main
bench: install
	@$(BIN)/python -m suites.track run

bench-compare: install
	@$(BIN)/python -m suites.track gate $(BASE)
	@$(BIN)/python -m suites.track compare $(BASE)

bench-site: install
	@$(BIN)/python -m suites.track site

clean:
	rm -rf $(VENV) build docs/_build docs/gallery docs/reference *.egg-info fbbench/kernels/_native.c fbbench/kernels/*.so .pytest_cache .ruff_cache .hypothesis
