"""Who may import whom, and what an import may bring along."""

import subprocess
import sys

import pytest

from tests.cases import every
from tests.house.reading import MODULES, ROOT, imports, part_of, reached

# The parts of the house from the ground up. A part imports only what stands above it in this list.
FLOORS = [
    {"files", "folders", "quantities", "randomness", "settings", "threads"},
    {"results", "weights"},
    {"cells"},
    {"recurrence"},
    {"layouts"},
    {"attention", "nn"},
    {"lessons"},
    {"traces", "terms"},
    {"models"},
    {"record"},
    {"breakdown", "edits", "gradients"},
    {"tasks"},
    {"training"},
    {"checkpoints"},
    {"analysis"},
    {"views"},
    {"api"},
    {"cli"},
    {"__main__"},
    {"ui"},
    {"pages"},
    {"app"},
]
# Whoever reads or draws a saved trace needs no torch.
WITHOUT_TORCH = {"files", "quantities", "traces", "terms", "analysis", "views"}


def importers_of(*packages: str) -> set[str]:
    return {part_of(module) for module in MODULES if imports(module) & set(packages)}


def test_the_reader_of_imports_sees_what_there_is():
    assert {"torch", "rnnviz.cells"} <= imports("rnnviz.nn.recurrent")
    assert ("rnnviz.nn.recurrent", "torch") in set(reached("rnnviz.record", set()))
    assert "streamlit" in imports("app")
    assert "plotly" in set().union(*(imports(m) for m in MODULES if part_of(m) == "views"))


def test_every_part_has_its_floor():
    parts = {part_of(module) for module in MODULES} - {""}
    assert parts <= set().union(*FLOORS), "a new part needs a place in FLOORS, and in CONTRIBUTING.md"


@every("module", sorted(MODULES))
def test_arrows_go_one_way(module):
    floor = {part: k for k, parts in enumerate(FLOORS) for part in parts}
    mine = part_of(module)
    if not mine:  # the package itself: names are looked up when they are asked for
        assert not imports(module, lazy=False) & set(MODULES)
        return
    for name in imports(module) & set(MODULES):
        part = part_of(name)
        allowed = part in (mine, "") or floor[part] < floor[mine]
        assert allowed, f"{module} imports {name}, but {mine} stands below {part}"


def test_only_the_pages_side_knows_streamlit():
    assert importers_of("streamlit") <= {"ui", "pages", "app"}


def test_only_views_know_plotly_and_altair():
    assert importers_of("plotly", "altair") <= {"views"}


def test_nobody_but_pages_and_app_knows_the_ui():
    ui = {module for module in MODULES if part_of(module) == "ui"}
    assert importers_of(*ui) <= {"ui", "pages", "app"}


@every("module", sorted(m for m in MODULES if part_of(m) in WITHOUT_TORCH))
def test_what_is_seen_needs_no_torch_not_even_through_others(module):
    assert "torch" not in imports(module)
    path = [step for step in reached(module, set()) if step[1] == "torch"]
    assert not path, f"{module} brings torch in through {path[0][0]}"


@every("module", sorted(m for m in MODULES if part_of(m) == "pages"))
def test_pages_compute_nothing(module):
    assert not imports(module) & {"torch", "numpy", "pandas", "plotly", "altair"}


LIGHT = {
    "rnnviz": {"torch", "plotly", "altair", "pandas", "streamlit"},
    "rnnviz.traces": {"torch", "plotly", "altair", "streamlit"},
    "rnnviz.analysis": {"torch", "plotly", "altair", "streamlit"},
    "rnnviz.views": {"torch", "plotly", "altair", "streamlit"},
    "rnnviz.cells": {"plotly", "altair", "pandas", "streamlit"},
    "rnnviz.nn": {"plotly", "altair", "pandas", "streamlit"},
}


@pytest.mark.slow  # in an interpreter of its own, as a user meets it
@pytest.mark.parametrize("module", LIGHT)
def test_importing_stays_light(module):
    code = f"import sys, {module}; print(*sorted({LIGHT[module]!r} & set(sys.modules)))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert not loaded.stdout.split(), f"import {module} also loads {loaded.stdout}"
