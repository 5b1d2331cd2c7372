"""The wheel: it is built, installed into an empty folder, and used from there."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TRY = """
import sys
import rnnviz

assert "site" in rnnviz.__file__, rnnviz.__file__
for entry in rnnviz.catalogue():
    assert entry.error is None, (entry.name, entry.error)
    model = rnnviz.load(entry.name)
    trace = rnnviz.trace(model, entry.example or [[0.5] * model.rnn.input_size] * 5)
    assert trace.meta["equals_torch"] < 5e-6, entry.name
    rnnviz.views.heatmap(trace, "l0.h" if "l0.h" in trace else "dec.l0.h")
    print(entry.name)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """A wheel built from this checkout, with the build tools at hand: nothing is downloaded."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return next(out.glob("*.whl"))


@pytest.mark.slow
def test_it_holds_the_library_the_panels_and_the_models_and_nothing_else(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    ours = {p for p in ROOT.glob("rnnviz/**/*") if p.is_file() and "__pycache__" not in p.parts}
    assert {p.relative_to(ROOT).as_posix() for p in ours} <= names
    models = {
        p.relative_to(ROOT / "checkpoints").as_posix() for p in ROOT.glob("checkpoints/*/*") if p.is_file()
    }
    assert any(name.endswith("model.safetensors") for name in models)
    assert {f"rnnviz/_checkpoints/{name}" for name in models} <= names
    tops = {name.split("/")[0] for name in names}
    assert tops == {"rnnviz", next(top for top in tops if top.endswith(".dist-info"))}
    assert not [name for name in names if name.endswith((".pyc", ".pkl", ".pt"))]
    assert wheel.stat().st_size < 15_000_000


@pytest.mark.slow
def test_installed_it_finds_its_models_and_reads_with_each(wheel, tmp_path):
    site = tmp_path / "site"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--target",
        str(site),
    ]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True)
    environment = {"PYTHONPATH": str(site), "OMP_NUM_THREADS": "1", "HOME": str(tmp_path), "PATH": ""}
    told = subprocess.run(
        [sys.executable, "-c", TRY],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    shipped = {p.parent.name for p in ROOT.glob("checkpoints/*/model.safetensors")}
    assert set(told.stdout.split()) == shipped

    tool = subprocess.run(
        [sys.executable, "-m", "rnnviz", "list"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert tool.returncode == 0, tool.stderr
    assert all(name in tool.stdout for name in shipped)
