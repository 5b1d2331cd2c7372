"""What has to be said and named where: in docstrings, in the README and in its table of models."""

import ast
import importlib
import inspect
import re
import subprocess
import sys

import pytest

from tests.house.reading import MODULES, ROOT, tree


def public() -> list[tuple[str, object]]:
    """Every public name of the library with what it is."""
    named = []
    for module in ["rnnviz", "rnnviz.cells", "rnnviz.analysis", "rnnviz.views", "rnnviz.api"]:
        home = importlib.import_module(module)
        named += [(f"{module}.{name}", getattr(home, name)) for name in home.__all__]
    return named


def test_every_public_name_says_what_it_is():
    silent = []
    for name, thing in public():
        documented = inspect.getdoc(thing) if inspect.ismodule(thing) or callable(thing) else "data"
        if not documented:
            silent.append(name)
    assert not silent


def test_every_module_says_what_it_is_for():
    silent = [module for module in MODULES if not ast.get_docstring(tree(module))]
    assert not silent


def in_code(page: str) -> set[str]:
    """The names that a page sets as code, inline and in blocks; `views.unit(t)` names views.unit and unit."""
    text = (ROOT / page).read_text(encoding="utf-8")
    code = re.findall(r"```.*?```", text, re.DOTALL) + re.findall(r"`([^`\n]+)`", text)
    names = re.findall(r"[\w-]+(?:\.[\w-]+)*", " ".join(code))
    return {*names, *(name.rpartition(".")[2] for name in names), *(name.partition(".")[2] for name in names)}


def registries() -> dict[str, list[str]]:
    """What can be chosen by name, kind by kind."""
    from rnnviz import views
    from rnnviz.nn import LAYERS
    from rnnviz.quantities import CELL_MEANINGS, MODEL_MEANINGS
    from rnnviz.tasks import TASKS

    return {
        "cells": list(LAYERS),
        "tasks": list(TASKS),
        "views": list(views.__all__),
        "values of a cell": sorted({letter for letters in CELL_MEANINGS.values() for letter in letters}),
        "quantities": sorted({name for meanings in MODEL_MEANINGS.values() for name in meanings}),
        "models": sorted(path.parent.name for path in ROOT.glob("checkpoints/*/model.safetensors")),
    }


@pytest.mark.parametrize("kind", ["cells", "tasks", "views", "values of a cell", "quantities", "models"])
def test_the_readme_names_everything_that_can_be_chosen(kind):
    told, names = in_code("README.md"), registries()[kind]
    assert names
    missing = [name for name in names if name not in told]
    assert not missing, f"README.md does not name these {kind}: {missing}"


def test_the_readmes_table_of_models_says_what_was_measured():
    import rnnviz

    rows = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    said = {"perplexity": "{:.2f}", "accuracy": "{:.3g} %", "error": "{:.5f}"}
    for entry in rnnviz.catalogue():
        (row,) = [row for row in rows if row.startswith(f"| `{entry.name}` |")]
        value = entry.held_out * (100 if entry.metric == "accuracy" else 1)
        assert f"| {entry.parameters:,} | {said[entry.metric].format(value)} |" in row


def test_the_readmes_links_lead_somewhere():
    for page in ["README.md", "CONTRIBUTING.md"]:
        text = (ROOT / page).read_text(encoding="utf-8")
        targets = re.findall(r"\]\(([^)#]+)[^)]*\)", text)
        missing = [t for t in targets if not t.startswith("https://") and not (ROOT / t).exists()]
        assert not missing, f"{page} points to {missing}"


@pytest.mark.slow  # in an interpreter of its own
def test_the_readmes_python_runs():
    """Each block of Python in the README, in its order, in one interpreter."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert blocks
    code = "\n".join(blocks).replace(".show()", "")
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)
