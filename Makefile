# Everything a person types. The work is done by operation/ and the rooms; see README.md.
PYTHON ?= $(firstword $(shell command -v python3.11 python3 2>/dev/null) python3)
APP = .venv/bin/python
RASA = .venv-rasa/bin/python
export RASA_TELEMETRY_ENABLED = false

.PHONY: run setup setup-dev test lint test-fast bench check-knowledge law train-dialogue train-encoder evaluate \
	evaluate-dialogue train-speech fetch-speech-model rehearse lock clean

run: setup ## set up what is missing and serve the whole system
	@$(APP) -m operation.run

setup:
	@$(PYTHON) operation/bootstrap.py

setup-dev:
	@$(PYTHON) operation/bootstrap.py --dev

test: setup-dev ## set up what is missing and run every test
	@$(APP) -m operation.test

lint: setup-dev
	@$(APP) -m ruff check . && $(APP) -m mypy

check-knowledge: setup ## what an editor runs before publishing
	@$(APP) -m knowledge.check

law: setup ## read laws (official XML, zip, Markdown) for editors: make law SOURCE=folder [AS_OF=2026-08-19]
	@$(APP) -m knowledge.law import "$(or $(SOURCE),$(error make law SOURCE=folder))" $(if $(AS_OF),--as-of $(AS_OF))

evaluate: setup-dev ## search on the development and test questions beside three baselines; writes report and figures
	@$(APP) -m knowledge.evaluation --publish

evaluate-dialogue: setup ## cross-validation of the understanding, report in benchmarks/nlu
	@$(RASA) -m benchmarks.nlu.measure

train-dialogue: setup
	@$(APP) -m operation.train

train-encoder: setup
	@$(APP) -m knowledge.training.encoder

train-speech: setup ## the speech model from synthetic voices, about 45 minutes on two cores; needs OpenFst's tools
	@$(APP) -m voice.training

fetch-speech-model: setup ## an official German model for the public: make fetch-speech-model [MODEL=vosk-model-de-0.21]
	@$(APP) -m voice.hearing.fetch $(MODEL)

rehearse: setup ## synthetic callers on a running system: make rehearse CALLS=tests/voice/sentences/calls.yml
	@$(APP) -m voice.rehearsal $(or $(CALLS),$(error make rehearse CALLS=scripts.yml))

bench: setup-dev ## measurements against baselines; never a test
	@$(APP) -m benchmarks && $(APP) -m benchmarks.search && $(APP) -m benchmarks.telephone

UV = var/uv/bin/uv
COMPILE = $(UV) pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links \
	--custom-compile-command "make lock"
lock: setup ## resolve the requirements anew
	$(COMPILE) --python-version 3.11 requirements/uv.in -o requirements/uv.lock
	$(COMPILE) --python-version 3.11 requirements/app.in -o requirements/app.lock
	$(COMPILE) --python-version 3.11 requirements/dev.in -o requirements/dev.lock
	$(COMPILE) --python-version 3.10 requirements/rasa.in -o requirements/rasa.lock

clean: ## remove environments and everything made, keep the data
	rm -rf .venv .venv-rasa var/uv var/models var/index .mypy_cache .ruff_cache .pytest_cache
