"""The project read as a text: its modules, and what each of them imports."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def sources() -> dict[str, Path]:
    """Every module of the project by its dotted name."""
    files = [*ROOT.glob("rnnviz/**/*.py"), *ROOT.glob("pages/*.py"), *ROOT.glob("app.py")]
    names = {path: path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".") for path in files}
    return {name.removesuffix(".__init__"): path for path, name in names.items()}


MODULES = sources()


def part_of(module: str) -> str:
    """The part of the house that a module belongs to: rnnviz.cells.lstm -> cells, pages.watch -> pages."""
    return [*module.split("."), ""][1] if module.startswith("rnnviz") else module.split(".")[0]


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


@cache
def imports(module: str, lazy: bool = True) -> frozenset[str]:
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

    visit(tree(module))
    return frozenset(known_or_foreign(name) for name in found)


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
