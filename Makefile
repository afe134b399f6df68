# The commands that the README names. The work is done by scripts/, one small file each.

.DEFAULT_GOAL := help
.PHONY: help run test check bench torture build pages format setup

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Build what is missing and start the demo (ARGS="--listen 127.0.0.1:9000" passes options on)
	@scripts/run.sh $(ARGS)

test: ## Run every test (STAGES="rust web" runs only these; see scripts/stage/)
	@scripts/test.sh $(STAGES)

check: ## Formatting, lints and types, without running tests
	@scripts/check.sh

bench: ## Measure speed and memory of the release build, next to the floors (half an hour)
	@scripts/bench.sh $(ARGS)

torture: ## Kill nodes, databases and connections under load and check that nothing is lost (SECONDS=600 SEED=n)
	@scripts/torture.sh --seconds "$(or $(SECONDS),600)" $(if $(SEED),--seed $(SEED)) --to-the-end

build: ## Build the release program, one file with its pages inside
	@scripts/build.sh

pages: ## Build the pages into web/dist
	@scripts/pages.sh

format: ## Format Rust and web sources
	@scripts/format.sh

setup: ## Install, or name, whatever running and testing needs
	@scripts/setup.sh test
