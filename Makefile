# The checks, for people and machines alike. PYTHON=... picks another interpreter.
PYTHON ?= python

.PHONY: help check lint types test fast app picture wheel

help:  ## say what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

check: lint types test  ## everything that has to be green

lint:  ## style
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .

types:  ## types
	$(PYTHON) -m mypy

test:  ## all tests
	$(PYTHON) -m pytest

fast:  ## the tests without a browser and without the slow ones, in less than a minute
	$(PYTHON) -m pytest -m "not browser and not slow" --ignore=tests/browser

app:  ## run the app
	$(PYTHON) -m streamlit run app.py

picture:  ## take the README's pictures again (needs Chromium)
	$(PYTHON) scripts/take_picture.py
	$(PYTHON) scripts/take_picture.py -o docs/inside.png --path "/inside?step=30&gate=f" --height 1480
	$(PYTHON) scripts/take_picture.py -o docs/memory.png --path "/memory" --height 1480
	$(PYTHON) scripts/take_picture.py -o docs/attention.png --path "/attention?row=3&column=25" --height 1180
	$(PYTHON) scripts/take_picture.py -o docs/train.png --path "/train?task=brackets" --start 40 --height 1560

wheel:  ## build the library with its trained models into dist/
	$(PYTHON) -m build --wheel
