# `make` lists what there is. Everything can be run again at any time.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run dev packages cluster test check bench bench-cluster bench-commits torture faults fitness gen fmt setup

# More options for `klatch` in `make run`, such as "--data /tmp/demo" or "serve --public 127.0.0.1:9000".
KLATCH_ARGS ?= serve --demo
# Options for `klatch-bench` in `make bench`.
BENCH_ARGS ?=
# Options for `klatch fitness` in `make fitness`, such as "--users 2000 --min users_online=2000".
FITNESS_ARGS ?=
# How often `make torture` kills the server.
KILLS ?= 1000
# How often `make faults` goes through all faults.
ROUNDS ?= 1
# Variables of make are handed on to commands, and klatch refuses KLATCH_ variables that it does not know. Named before
# their defaults, they would count as set and have none.
unexport KLATCH_ARGS BENCH_ARGS FITNESS_ARGS

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The web app, which is part of the binary. It is made anew only when something of it changed: otherwise the server would
# be compiled anew each time.
WEB := web/dist/index.html
WEB_SOURCES := $(shell find web/src web/build sdk/typescript/src -type f) \
	web/index.html $(wildcard web/vite*.config.ts) web/package.json package-lock.json

$(WEB): $(WEB_SOURCES) | packages
	npm run --silent build -w web -- --logLevel warn

packages:
	@scripts/setup web

run: $(WEB) ## Build and start the server with a demo, on http://127.0.0.1:8080
	cargo build --release -p klatch-server --bin klatch
	@exec target/release/klatch $(KLATCH_ARGS)

dev: packages ## Start the server on a demo of its own, and the web app with hot reload on http://127.0.0.1:5173
	@exec scripts/dev

cluster: $(WEB) ## Build and start three servers over PostgreSQL and NATS with a demo, on 8080, 8180 and 8280
	@scripts/setup engines
	@exec cargo xtask cluster

test: export KLATCH_BIN := $(CURDIR)/target/debug/klatch
test: export TEST_KLATCH_BIN := $(CURDIR)/target/debug/klatch
test: setup $(WEB) ## Run all tests, those of the whole server on every storage, then real browsers (installs what is missing)
	cargo build -p klatch-server --bin klatch
	@echo "test: everything, with SQLite"
	@TEST_STORAGE=sqlite cargo test --workspace
	@for storage in memory postgres cluster; do \
		echo "test: end to end, with $$storage"; \
		TEST_STORAGE=$$storage cargo test --workspace --test e2e; \
	done
	@npm test --silent -w sdk/typescript -w web
	@cd tests/browser && npm test --silent
	@cd tests/compat && npm test --silent

check: packages ## Run what CI runs beside the tests: format, lints, layers, tidiness, generated files, dependencies
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo xtask layers
	cargo xtask tidy
	cargo xtask gen --check
	npm run --silent check -w sdk/typescript -w web
	@scripts/deny

bench: ## Measure throughput, latency and memory; writes target/bench.json
	cargo build --release -p klatch-server -p klatch-bench
	@exec target/release/klatch-bench $(BENCH_ARGS)

bench-cluster: ## Measure what a message costs on one, two and three nodes; writes target/bench-cluster.json
	@scripts/setup engines
	cargo build --release -p klatch-server -p klatch-bench
	@exec target/release/klatch-bench cluster $(BENCH_ARGS)

bench-commits: ## Measure commits per second in SQLite and PostgreSQL; writes target/bench-commits.json
	@scripts/setup engines
	cargo build --release -p klatch-bench
	cargo build --release -p klatch-log --example append_rate
	@exec target/release/klatch-bench appends $(BENCH_ARGS)

torture: ## Kill the server 1,000 times (KILLS=n) while clients send, and check that nothing was lost
	KLATCH_KILLS=$(KILLS) cargo test -p klatch-tests --test kill -- --nocapture

faults: export KLATCH_BIN := $(CURDIR)/target/debug/klatch
faults: ## Break everything of a cluster under load, each at everyone (half an hour a round, ROUNDS=n), and check the history
	@scripts/setup engines
	cargo build -p klatch-server --bin klatch
	TEST_FAULTS=long TEST_FAULT_ROUNDS=$(ROUNDS) cargo test -p klatch-tests --test faults -- --nocapture nothing_is_lost

fitness: ## Measure the server's fitness functions with 10,000 users online (two minutes)
	cargo build --release -p klatch-server --bin klatch
	@scripts/fitness $(FITNESS_ARGS)

gen: ## Write /protocol anew from the types of the wire, and the table of requirements
	cargo xtask gen

fmt: ## Format the code
	cargo fmt --all

setup: ## Install what the tests need and is not there yet
	@scripts/setup
