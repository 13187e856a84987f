# Thin lines: what they do is in scripts/.
.PHONY: help setup build demo test lint fuzz-host clean

COUNT ?= 10000
SEED ?= 1

help:
	@echo "make setup   the WASI target and the crates that tools may use (others call it first)"
	@echo "make build   the program: target/debug/wasm-runner"
	@echo "make demo    proposes every tool of tests/tools to a service and calls three of them"
	@echo "make test    every test"
	@echo "make lint    formatting, clippy, rustdoc, licences, shell scripts"
	@echo "make fuzz-host COUNT=10000 SEED=1   random modules through the service"
	@echo "make clean   removes target/"

setup:
	@./scripts/setup.sh

build: setup
	cargo build --locked --package wasm-runner

demo: setup
	@./scripts/demo.sh

test: setup
	@./scripts/test.sh

lint:
	@./scripts/lint.sh

fuzz-host:
	@./scripts/fuzz-host.sh $(COUNT) $(SEED)

clean:
	cargo clean
