"""The house stays in order: who may import whom, how long a file may be, what has to be named where."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

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


def sources() -> dict[str, Path]:
    """Every module of the project by its dotted name."""
    files = [*ROOT.glob("rnnviz/**/*.py"), *ROOT.glob("pages/*.py"), *ROOT.glob("app.py")]
    names = {path: path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".") for path in files}
    return {name.removesuffix(".__init__"): path for path, name in names.items()}


MODULES = sources()


def part_of(module: str) -> str:
    """The part of the house that a module belongs to: rnnviz.cells.lstm -> cells, pages.watch -> pages."""
    return [*module.split("."), ""][1] if module.startswith("rnnviz") else module.split(".")[0]


def imports(module: str, lazy: bool = True) -> set[str]:
    """The modules that a module imports; lazy=False leaves out those that wait inside a function.

    What is imported under `if TYPE_CHECKING` does not count: it is never run.
    """
    package = module if MODULES[module].name == "__init__.py" else module.rpartition(".")[0]
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            return
        if not lazy and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            above = package.rsplit(".", node.level - 1)[0] if node.level else ""
            source = ".".join(filter(None, [above, node.module]))
            found.update(f"{source}.{alias.name}" for alias in node.names)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(MODULES[module].read_text(encoding="utf-8")))
    return {known_or_foreign(name) for name in found}


def known_or_foreign(name: str) -> str:
    """A name that is imported, cut down to a module of ours, or to the package it comes from."""
    while name not in MODULES and "." in name and name.startswith(("rnnviz.", "pages.")):
        name = name.rpartition(".")[0]
    return name if name in MODULES else name.split(".")[0]


def reached(module: str, seen: set[str]) -> Iterator[tuple[str, str]]:
    """All (module, imported) that importing a module brings about, through ours."""
    parents = [module.rsplit(".", k)[0] for k in range(1, module.count(".") + 1)]
    for each in [module, *parents]:
        if each in seen or each not in MODULES:
            continue
        seen.add(each)
        for name in imports(each, lazy=False):
            yield each, name
            yield from reached(name, seen)


def importers_of(*packages: str) -> set[str]:
    return {part_of(module) for module in MODULES if imports(module) & set(packages)}


# --- who imports whom


def test_the_reader_of_imports_sees_what_there_is():
    assert {"torch", "rnnviz.cells"} <= imports("rnnviz.nn.recurrent")
    assert ("rnnviz.nn.recurrent", "torch") in set(reached("rnnviz.record", set()))
    assert "streamlit" in imports("app")
    assert "plotly" in set().union(*(imports(m) for m in MODULES if part_of(m) == "views"))


def test_every_part_has_its_floor():
    parts = {part_of(module) for module in MODULES} - {""}
    assert parts <= set().union(*FLOORS), "a new part needs a place in FLOORS, and in CONTRIBUTING.md"


@pytest.mark.parametrize("module", sorted(MODULES))
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


@pytest.mark.parametrize("module", sorted(m for m in MODULES if part_of(m) in WITHOUT_TORCH))
def test_what_is_seen_needs_no_torch_not_even_through_others(module):
    assert "torch" not in imports(module)
    path = [step for step in reached(module, set()) if step[1] == "torch"]
    assert not path, f"{module} brings torch in through {path[0][0]}"


@pytest.mark.parametrize("module", sorted(m for m in MODULES if part_of(m) == "pages"))
def test_pages_compute_nothing(module):
    assert not imports(module) & {"torch", "numpy", "pandas", "plotly", "altair"}


LIGHT = {
    "rnnviz": {"torch", "plotly", "altair", "pandas", "streamlit"},
    "rnnviz.traces": {"torch", "plotly", "altair", "streamlit"},
    "rnnviz.analysis": {"torch", "plotly", "altair", "streamlit"},
    "rnnviz.views": {"torch", "streamlit"},
    "rnnviz.cells": {"plotly", "altair", "pandas", "streamlit"},
    "rnnviz.nn": {"plotly", "altair", "pandas", "streamlit"},
}


@pytest.mark.parametrize("module", LIGHT)
def test_importing_stays_light(module):
    """In an interpreter of its own, as a user meets it."""
    code = f"import sys, {module}; print(*sorted({LIGHT[module]!r} & set(sys.modules)))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert not loaded.stdout.split(), f"import {module} also loads {loaded.stdout}"


# --- files


def texts() -> list[Path]:
    """Every text file that people edit."""
    kinds = {".py", ".js", ".css", ".md", ".toml", ".txt", ".json", ""}
    folders = ["rnnviz", "pages", "tests", "scripts", ".ci", ".streamlit", "checkpoints", "benchmarks"]
    files = [path for folder in folders for path in (ROOT / folder).rglob("*")] + list(ROOT.iterdir())
    kept = [
        path for path in files if path.is_file() and path.suffix in kinds and "__pycache__" not in path.parts
    ]
    return [path for path in kept if path.name != ".DS_Store"]


def test_no_file_of_the_package_is_long():
    ours = [p for p in texts() if p.suffix in {".py", ".js", ".css"} and "tests" not in p.parts]
    lengths = {str(p.relative_to(ROOT)): len(p.read_text(encoding="utf-8").splitlines()) for p in ours}
    assert len(lengths) > 20
    long = {name: lines for name, lines in lengths.items() if lines > 300}
    assert not long, f"longer than 300 lines, so probably about two things: {long}"


INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00-\x08\x0b-\x1f]")
LEFT_BEHIND = re.compile(r"^(<{7}|={7}|>{7})( |$)|\b(TODO|FIXME|XXX)\b", re.MULTILINE)


def test_text_is_what_it_looks_like():
    """No invisible or direction-changing character, which would let code read otherwise than it runs."""
    for path in texts():
        text = path.read_text(encoding="utf-8")
        found = INVISIBLE.search(text)
        assert not found, f"{path.relative_to(ROOT)} has the character {found.group()!a}"


def test_nothing_was_left_behind():
    for path in texts():
        if path == Path(__file__) or path.suffix == ".json":
            continue
        found = LEFT_BEHIND.search(path.read_text(encoding="utf-8"))
        assert not found, f"{path.relative_to(ROOT)} has {found.group()!r}"


# --- words


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
    silent = [
        m for m, path in MODULES.items() if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
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


def test_the_readmes_python_runs():
    """Each block of Python in the README, in its order, in one interpreter."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert blocks
    code = "\n".join(blocks).replace(".show()", "")
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)
