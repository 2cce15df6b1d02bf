# Everything that is run here, by a person or by CI. Needs Rust, Python >= 3.11 and a C compiler; the
# Python tools are installed into .venv, and what else is missing is skipped and said.

VENV   ?= .venv
PREFIX ?= /usr/local
# One environment for every step, so that nothing is compiled twice.
export VENV
export CARGO_TARGET_DIR ?= $(CURDIR)/target
export PYO3_PYTHON      = $(abspath $(VENV))/bin/python

.PHONY: help test test-rust test-python test-c lint abi venv wheel install-c examples bench laws bad-days fuzz acceptance clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*##/\t/'

test: ## Rust, Python and C tests; says at the end what ran and what was skipped
	@scripts/test.sh

test-rust: ## Rust tests and doctests
	@scripts/test-rust.sh

test-python: ## the wheel into .venv, pytest, the stub check
	@scripts/test-python.sh

test-c: ## C tests against the shared and the static library
	@scripts/test-c.sh

lint: venv ## rustfmt, clippy, each domain of the core compiled alone
	@scripts/lint.sh

abi: ## locks the C ABI anew in itom-ffi/abi/symbols.txt, after a change that is meant
	ITOM_BLESS=1 cargo test -q -p itom-ffi --test header

venv: ## .venv with the tools of the Python tests
	@scripts/venv.sh

wheel: venv ## an optimised wheel into build/
	$(VENV)/bin/maturin build --release -m itom-py/Cargo.toml -o build

install-c: ## libitom, itom.h and itom.pc under PREFIX
	@scripts/install-c.sh "$(PREFIX)"

examples: ## the main job in Rust, Python and C, and whether the three agree
	@scripts/examples.sh

bench: ## criterion benchmarks, one for each domain
	cargo bench -p itom-benches

laws: ## the Rust tests on other random cases than CI's, ROUNDS=100 for a long run
	@for round in $$(seq $${ROUNDS:-10}); do \
	    seed=$$(od -An -N4 -tu4 /dev/urandom | tr -d ' '); echo "== PROPTEST_RNG_SEED=$$seed"; \
	    WITHOUT_DOCTESTS=1 PROPTEST_RNG_SEED=$$seed scripts/test-rust.sh || exit 1; done

bad-days: ## kills a writer a thousand times, fails its disk at every operation, flips every bit
	ITOM_KILLS=$${KILLS:-1000} cargo test -q -p itom-core --features redb --test cmdb faults -- --nocapture

fuzz: ## fuzzes the parsers and snapshots, SECONDS_EACH=600 for a full run
	@scripts/fuzz.sh

acceptance: ## the acceptance scripts in the folder that ITOM_ACCEPTANCE names
	@test -n "$$ITOM_ACCEPTANCE" || { echo "set ITOM_ACCEPTANCE to the folder with run.py"; exit 2; }
	$(VENV)/bin/python "$$ITOM_ACCEPTANCE/run.py"

clean: ## what was built, and .venv
	rm -rf "$(CARGO_TARGET_DIR)" build $(VENV)
