# Thin lines: what they do is in scripts/.
.PHONY: help setup build demo test bench lint fuzz fuzz-host tools-table observability-check images images-test deploy-check scan bench-compare clean

COUNT ?= 10000
SEED ?= 1
TARGET ?= policy
SECONDS ?= 60
BASE ?= origin/main

help:
	@echo "make setup   the WASI target and the crates that tools may use (others call it first)"
	@echo "make build   the program: target/debug/wasm-runner"
	@echo "make demo    proposes the tools of tests/tools to a service and calls three of them"
	@echo "make test    every test"
	@echo "make bench   how fast calls are, beside what else could run them (ARGS=--quick, --only NAME)"
	@echo "make lint    formatting, clippy, rustdoc, licences, shell scripts"
	@echo "make fuzz-host COUNT=10000 SEED=1   random modules through the service"
	@echo "make fuzz TARGET=policy SECONDS=60  libFuzzer on what reads strangers' input (fuzz/bodies.rs)"
	@echo "make observability-check  rules, routes and dashboards by promtool and amtool, and one alert end to end"
	@echo "make images  the container images, from scratch (ENGINE=podman or docker)"
	@echo "make images-test   those, run here as restricted as on a cluster"
	@echo "make deploy-check  deploy/kubernetes against schemas, checkov and our own tests"
	@echo "make scan    known holes in the crates that this is made of (ADVISORIES=FOLDER or URL)"
	@echo "make bench-compare BASE=origin/main   is this slower than that?"
	@echo "make tools-table   validates every tool of tests/tools and writes docs/tools.md"
	@echo "make clean   removes target/"

setup:
	@./scripts/setup.sh

build: setup
	cargo build --locked --package wasm-runner

demo: setup
	@./scripts/demo.sh

test: setup
	@./scripts/test.sh

bench: setup
	@./scripts/bench.sh $(ARGS)

lint:
	@./scripts/lint.sh

fuzz-host:
	@./scripts/fuzz-host.sh $(COUNT) $(SEED)

fuzz:
	@./scripts/fuzz.sh $(TARGET) $(SECONDS)

observability-check: build
	@./scripts/observability-check.sh

images:
	@./scripts/images.sh

images-test:
	@./scripts/images-test.sh

deploy-check:
	@./scripts/deploy-check.sh

scan:
	@./scripts/scan.sh

bench-compare: setup
	@./scripts/bench-compare.sh $(BASE) $(ARGS)

tools-table: setup
	@./scripts/tools-table.sh

clean:
	cargo clean
