# Thin, over CMake's presets and scripts/. Each target installs the Debian packages it lacks, and says so first.

SHELL := /bin/bash
.DEFAULT_GOAL := help
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
# More arguments for ctest, such as CTEST_ARGS='-R net' or '--output-junit FILE'.
CTEST_ARGS ?=
# For `make fuzz`: CPU minutes for each target; more arguments for scripts/fuzz.py, such as FUZZ_ARGS=quality.
MINUTES ?= 1
FUZZ_ARGS ?=
# More arguments for bench/run.py, such as BENCH_ARGS=--quick.
BENCH_ARGS ?=
CTEST = ctest --test-dir build/release --output-on-failure --no-tests=error $(CTEST_ARGS)

.PHONY: help deps build demo test test-build test-real bench prove image fuzz format lint clean

help:  ## Show this help
	@echo "make TARGET, where TARGET is one of"
	@while IFS= read -r line; do \
	  [[ $$line =~ ^([a-z-]+):.*\ \ \#\#\ (.*) ]] && printf '  %-11s %s\n' "$${BASH_REMATCH[1]}" "$${BASH_REMATCH[2]}"; \
	done < Makefile; true

deps:  ## Install the Debian packages for building
	@scripts/install-deps.sh build

build: deps  ## Build build/release/spark_exporter
	@cmake --preset release
	@cmake --build --preset release -j $(JOBS)

demo: build  ## Watch a real Spark run, and one that fails until its alert fires; HOLD=1 keeps all of it up
	@scripts/install-deps.sh demo
	@scripts/install-deps.sh monitoring || echo "No Prometheus or Alertmanager to be had: going on without alerts"
	@python3 scripts/demo.py

test-build:
	@scripts/install-deps.sh test
	@cmake --preset test
	@cmake --build --preset test -j $(JOBS)

test: test-build  ## Build everything, run the unit tests and one real Spark run
	@$(CTEST) -LE real -j $(JOBS)

test-real: test-build  ## Run the tests against real Spark applications (PySpark from PyPI)
	@$(CTEST) -L real

bench:  ## Build and run the benchmarks
	@scripts/install-deps.sh test bench
	@cmake --preset bench
	@cmake --build --preset bench -j $(JOBS)
	@python3 bench/run.py $(BENCH_ARGS)

prove: test-build  ## Run the unit tests under ASan+UBSan and TSan, and the long proofs on real Kubernetes
	@for preset in asan tsan; do \
	  cmake --preset $$preset && cmake --build --preset $$preset -j $(JOBS) && \
	  ctest --test-dir build/$$preset --output-on-failure --no-tests=error -LE 'test|real' -j $(JOBS) || exit 1; \
	done
	@scripts/prove.sh

image:  ## Build the container image without a registry, run it once, print its size
	@scripts/install-deps.sh image
	@scripts/image.sh

fuzz:  ## Build the fuzz targets with clang and run each for MINUTES (1) of CPU
	@scripts/install-deps.sh build fuzz
	@cmake --preset fuzz
	@cmake --build --preset fuzz --target fuzz -j $(JOBS)
	@python3 scripts/fuzz.py --minutes $(MINUTES) --jobs $(JOBS) $(FUZZ_ARGS)

format:  ## Format the C++ code in place
	@scripts/install-deps.sh lint
	@git ls-files '*.cpp' '*.hpp' | xargs clang-format-14 -i

lint:  ## Check format, names and common mistakes (clang-format, clang-tidy)
	@scripts/install-deps.sh build test lint
	@scripts/lint.sh

clean:  ## Remove what was built
	@rm -rf build
