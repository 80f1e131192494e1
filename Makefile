# Two commands matter: `make run` and `make test`. Everything else is a part of them or for special occasions.

export WOLKENAMT_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/wolkenamt
export CARGO_TARGET_DIR ?= $(WOLKENAMT_CACHE)/target

.PHONY: help run reset test setup journey bench schema goldens

help: ## list the targets
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## everything on this machine: marketplace, three clusters with their operators, demonstration data
	@tests/one-machine.sh

reset: ## forget everything that `make run` keeps
	@tests/one-machine.sh reset

test: ## everything that can be proven on one machine
	@tests/all.sh

setup: ## install what is missing on a Debian machine (root), or print the line that does
	@tests/cluster/setup.sh

journey: ## drive one booking through the whole chain of what `make run` started, by the public API
	@tests/journey.sh

bench: ## figures, each as a ratio to a limit measured in the same run
	@WOLKENAMT_DURABLE=yes tests/postgres.sh cargo bench --package tests
	@tests/benches/operator.sh

schema: ## regenerate backend/db/src/schema.rs from the migrations
	@tests/postgres.sh tests/schema.sh

goldens: ## accept changed golden files; look at the diff before you commit it
	@INSTA_UPDATE=always WOLKENAMT_GOLDENS=write tests/postgres.sh cargo test --package tests --test it
