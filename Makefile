# The common tasks, one line each; CMakePresets.json holds the details.

.DEFAULT_GOAL := build
.PHONY: deps build demo test test-slow test-asan test-peers test-browser fuzz bench bench-schedules bench-search figures format lint clean

JOBS ?= $(shell nproc)
SOURCES = $(shell git ls-files --cached --others --exclude-standard '*.h' '*.cc')

deps:  ## Install the Debian packages that are missing (root or sudo)
	@sh tools/install_dependencies.sh

build: deps  ## Build build/triaxis, the tests and the benchmarks
	cmake --preset release
	cmake --build --preset release -j $(JOBS)

demo: deps  ## Train a small model on real text, on 8 ranks
	cmake --preset release
	cmake --build --preset release -j $(JOBS) --target triaxis
	sh examples/demo.sh

test: build  ## Build and run every test but the slow ones
	ctest --preset release -j $(JOBS)

test-slow: build  ## The slow ones: kills and failures at every call, random kills, every pair of layouts
	ctest --preset slow

test-asan: deps  ## The same under the address, leak and undefined-behaviour sanitizers, without the slow ones
	cmake --preset asan
	cmake --build --preset asan -j $(JOBS)
	ctest --preset asan -j $(JOBS)

test-peers: build  ## Exchange models with transformers, schedules with PyTorch; the first time installs gigabytes
	@sh tools/install_dependencies.sh python3-venv
	python3 -m venv build-peers/venv
	build-peers/venv/bin/pip install -q -r tests/peers/requirements.txt
	build-peers/venv/bin/python tests/peers/huggingface_test.py build/triaxis
	build-peers/venv/bin/python tests/peers/schedules_test.py build/triaxis
	build-peers/venv/bin/python tests/peers/schedules_run_test.py build/triaxis

test-browser: build  ## Open the pages of schedules in headless Chromium, and hold their figures to the program's
	@sh tools/install_dependencies.sh chromium python3
	python3 tests/browser/pages_test.py build/triaxis

fuzz:  ## Feed mutated files to the readers, each for FUZZ_SECONDS (60), under clang's sanitizers
	@sh tools/install_dependencies.sh build-essential cmake ninja-build clang libclang-rt-14-dev libfmt-dev \
	    nlohmann-json3-dev libxxhash-dev libpcre2-dev libsentencepiece-dev
	cmake -S tests/fuzz -B build-fuzz -G Ninja -DCMAKE_CXX_COMPILER=clang++
	cmake --build build-fuzz -j $(JOBS)
	sh tests/fuzz/run.sh build-fuzz

bench: build  ## GPT-2 124M: training against this machine's GEMM rate, checkpoints against its disk and memory, decoding against its memory
	cmake --build --preset release -j $(JOBS) --target bench_train bench_checkpoint bench_generate
	build/bin/bench_train
	build/bin/bench_checkpoint build
	build/bin/bench_generate

bench-schedules: build  ## Every schedule's promises beside its table, and the speed of making, timing and verifying tables
	cmake --build --preset release -j $(JOBS) --target bench_schedules
	build/bin/bench_schedules

bench-search: build  ## What the searched schedule gains on the best one made by hand, over a grid
	cmake --build --preset release -j $(JOBS) --target bench_search
	build/bin/bench_search

figures: build  ## Draw docs/figures/ anew
	cmake --build --preset release -j $(JOBS) --target bench_figures
	build/bin/bench_figures docs/figures

format:  ## Rewrite all sources with clang-format
	clang-format -i $(SOURCES)

lint: build  ## clang-format and clang-tidy, without changing anything
	clang-format --dry-run --Werror $(SOURCES)
	run-clang-tidy -quiet -p build -j $(JOBS) '/(src|tests|bench)/.*\.cc$$'

clean:  ## Remove what the presets built
	rm -rf build build-debug build-asan build-tsan build-fuzz build-peers
