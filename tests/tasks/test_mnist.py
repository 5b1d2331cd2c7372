"""Digits: the format of the files, where they come from, and what is learned from them."""

import base64
import gzip
import hashlib
import io
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.response import addinfourl

import numpy as np
import pytest
import torch

from rnnviz.models.language import reading
from rnnviz.settings import Settings
from rnnviz.tasks import download, pictures, task_of
from rnnviz.tasks.download import cache_folder
from rnnviz.tasks.idx import parsed, read_idx
from rnnviz.tasks.mnist import ARTICLE, Mnist, guessed
from rnnviz.tasks.pictures import File
from rnnviz.tasks.supervised import Examples
from rnnviz.training.loop import Training, train

TINY = {"hidden": 6, "layers": 2, "batch": 10, "steps": 5, "dropout": 0.0, "evaluate_every": 5}
REAL = all(pictures._found(file) for file in pictures.FILES)
needs_mnist = pytest.mark.skipif(
    not REAL, reason="MNIST's files are not here: name their folder in $RNNVIZ_DATA"
)


def idx_bytes(array: np.ndarray) -> bytes:
    """An array as the format's description has it."""
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


def some_pictures(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise, with a bright row where the digit is: the digit's own."""
    chooser = np.random.default_rng(seed)
    x = chooser.integers(0, 60, (count, 28, 28), dtype=np.uint8)
    y = np.arange(count, dtype=np.uint8) % 10
    x[np.arange(count), y * 2 + 4] = 255
    return x, y


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, bytes]:
    """Four small files that pass for MNIST's, gzipped, by name; none of them is on the machine."""
    contents = [*some_pictures(60, 0), *some_pictures(20, 1)]
    told, packed = [], {}
    for file, array in zip(pictures.FILES, contents, strict=True):
        data = idx_bytes(array)
        body = gzip.compress(data)
        packed[f"{file.name}.gz"] = body
        digests = [hashlib.sha256(part).hexdigest() for part in (body, data)]
        told.append(File(file.name, len(body), *digests))
    monkeypatch.setattr(pictures, "FILES", tuple(told))
    monkeypatch.delenv("RNNVIZ_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return packed


def put(files: dict[str, bytes], folder: Path) -> None:
    folder.mkdir(parents=True)
    for name, body in files.items():
        (folder / name).write_bytes(body)


@pytest.fixture
def here(files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The four small files are in $RNNVIZ_DATA/mnist."""
    put(files, tmp_path / "data" / "mnist")
    monkeypatch.setenv("RNNVIZ_DATA", str(tmp_path / "data"))
    return tmp_path / "data" / "mnist"


class FakeOpener:
    """Answers as the mirrors would; those that are down do not."""

    def __init__(self, files: dict[str, bytes], down: tuple[str, ...] = ()) -> None:
        self.files, self.down, self.asked = files, down, list[str]()

    def open(self, url: str, timeout: float) -> Any:
        self.asked.append(url)
        if url.startswith(self.down):
            raise URLError("no route to host")
        body = self.files[url.rpartition("/")[2]]
        headers = Message()
        headers["Content-Length"] = str(len(body))
        return addinfourl(io.BytesIO(body), headers, url, 200)


@pytest.mark.parametrize("shape", [(7,), (3, 4), (2, 3, 5), (0, 28, 28)])
def test_a_file_holds_an_array_of_any_shape(shape: tuple[int, ...], tmp_path: Path) -> None:
    array = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    data = idx_bytes(array)
    digest = hashlib.sha256(data).hexdigest()
    (tmp_path / "plain").write_bytes(data)
    (tmp_path / "packed.gz").write_bytes(gzip.compress(data))
    for name in ("plain", "packed.gz"):
        found = read_idx(tmp_path / name, digest, 1000 + len(data))
        np.testing.assert_array_equal(found, array, strict=True)
        assert found.flags.writeable  # as torch wants it


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\0\x08",
        b"\1\0\x08\1\0\0\0\1x",
        b"\0\0\x09\1\0\0\0\1x",
        b"\0\0\x08\2\0\0\0\1x",
        b"\0\0\x08\1\0\0\0\2x",
    ],
)
def test_what_is_no_such_array_is_told(data: bytes) -> None:
    with pytest.raises(ValueError, match="IDX data"):
        parsed(data)


def test_another_a_broken_and_a_huge_file_are_refused(tmp_path: Path) -> None:
    data = idx_bytes(np.zeros((10, 100), np.uint8))
    digest = hashlib.sha256(data).hexdigest()
    packed = gzip.compress(data)
    path = tmp_path / "x.gz"
    for body, reason in [
        (gzip.compress(data + b"x"), "not the file that is wanted"),
        (packed[:-9], "cannot be unpacked"),
        (b"\x1f\x8b" + packed[5:], "cannot be unpacked"),
        (b"no gzip at all", "cannot be unpacked"),
        (gzip.compress(bytes(1 << 20)), "holds more than the 2,000 bytes"),
        (bytes(2001), "has 2,001 bytes; the most that is read is 2,000"),
    ]:
        path.write_bytes(body)
        with pytest.raises(ValueError, match=reason):
            read_idx(path, digest, 2000)


@pytest.mark.parametrize("folder", ["data/mnist", "data", "cache/rnnviz/mnist"])
def test_the_files_are_found_packed_or_not(
    files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    monkeypatch.setenv("RNNVIZ_DATA", str(tmp_path / "data"))
    first, *rest = files
    put(
        {first.removesuffix(".gz"): gzip.decompress(files[first])} | {n: files[n] for n in rest},
        tmp_path / folder,
    )
    found = pictures.mnist()
    for part, expected in zip(found, [*some_pictures(60, 0), *some_pictures(20, 1)], strict=True):
        np.testing.assert_array_equal(part, expected)


def test_where_files_are_missing_it_says_which_and_what_to_do(here: Path) -> None:
    Mnist().present()
    (here / "t10k-images-idx3-ubyte.gz").unlink()
    with pytest.raises(ValueError, match=r"t10k-images-idx3-ubyte\.gz cannot"):
        Mnist().present()
    with pytest.raises(
        ValueError, match=r"t10k-images-idx3-ubyte\.gz cannot .*--download.*RNNVIZ_DATA.*--pictures"
    ):
        Mnist().problem()


@pytest.mark.parametrize("down", [(), pictures.MIRRORS[:1]])
def test_what_is_missing_is_downloaded_from_the_first_mirror_that_answers(
    files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, down: tuple[str, ...]
) -> None:
    opener = FakeOpener(files, down)
    monkeypatch.setattr(download, "https_opener", lambda: opener)
    there = cache_folder() / "mnist"
    name = next(iter(files))
    put({name: files[name]}, there)
    seen = list(Mnist().fetch())
    done, total = zip(*seen, strict=True)
    assert list(done) == sorted(done)
    assert set(total) == {done[-1]} == {sum(map(len, files.values())) - len(files[name])}
    assert {path.name for path in there.iterdir()} == set(files)
    assert len(opener.asked) == 3 * (1 + len(down))
    assert list(Mnist().fetch()) == []
    assert Mnist().problem().size == {"train": 60, "held out": 20}


def test_a_download_that_fails_everywhere_is_told(
    files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "https_opener", lambda: FakeOpener(files, pictures.MIRRORS))
    with pytest.raises(ValueError, match="no route to host"):
        list(Mnist().fetch())
    assert list(Mnist(pictures="digits").fetch()) == []


def small_digits(folder: Path, count: int = 25) -> np.ndarray:
    """A package of that name with a table of random pictures; the table."""
    table = np.random.default_rng(2).integers(0, 17, (count, 65))
    table[:, -1] = np.arange(count) % 10
    path = folder / "sklearn" / pictures.SMALL
    path.parent.mkdir(parents=True)
    (folder / "sklearn" / "__init__.py").write_text("raise RuntimeError('nobody should import me')")
    path.write_bytes(gzip.compress("\n".join(",".join(map(str, row)) for row in table).encode()))
    return table


def test_the_small_digits_are_read_without_importing_their_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = small_digits(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    problem = Mnist(pictures="digits").problem()
    assert problem.size == {"train": 20, "held out": 5}
    batch = problem.batches(Settings(**TINY), torch.device("cpu"))(1)  # type: ignore[arg-type]
    assert batch.x.shape == (8, 10, 8)
    x = torch.cat([torch.from_numpy(part.x) for part in (problem.train, problem.held_out)])
    torch.testing.assert_close(
        x.float() / 255, torch.from_numpy(table[:, :-1]).view(-1, 8, 8) / 16, atol=2e-3, rtol=0
    )
    assert np.concatenate([problem.train.y, problem.held_out.y]).tolist() == table[:, -1].tolist()


def test_without_scikit_learn_one_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="pip install scikit-learn"):
        Mnist(pictures="digits").present()
    with pytest.raises(ValueError, match="pip install scikit-learn"):
        Mnist(pictures="digits").problem()
    monkeypatch.undo()
    small_digits(tmp_path)
    (tmp_path / "sklearn" / pictures.SMALL).write_bytes(gzip.compress(b"1,2,3"))
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ValueError, match="not the table of digits"):
        Mnist(pictures="digits").problem()


def test_unknown_pictures_are_refused() -> None:
    with pytest.raises(ValueError, match="mnist or digits, not 'cats'"):
        Mnist(pictures="cats")


def test_a_step_reads_a_row_of_pixels_between_0_and_1(here: Path) -> None:
    problem = Mnist().problem()
    batch = problem.batches(Settings(**TINY), torch.device("cpu"))(3)  # type: ignore[arg-type]
    assert batch.x.shape == (28, 10, 28)
    for picture, digit in zip(batch.x.transpose(0, 1), batch.y.tolist(), strict=True):
        assert (picture == 1).all(1).nonzero().flatten().tolist() == [2 * digit + 4]
    assert 0 <= batch.x.min() <= batch.x[batch.x < 1].max() < 60 / 255


def test_the_preset_is_the_article(here: Path) -> None:
    task = Mnist()
    settings = Settings(**{k: v for k, v in task.presets["as in the article"].items() if k != "pictures"})
    model = task.problem().model(settings)
    assert (model.cell, model.layers, model.hidden, model.inputs, model.outputs) == ("lstm", 2, 128, 28, 10)
    assert (settings.batch, settings.rate(1), settings.rate(3000)) == (100, 1e-3, 1e-3)
    assert settings.steps == 5 * 60_000 // 100
    assert settings.evaluate_every == 60_000 // 100
    assert (settings.dropout, settings.decay, settings.init, settings.readout) == (0, 0, "uniform", "last")
    assert {**task.defaults, "lr": 1e-3, "schedule": "constant", "clip": ARTICLE["clip"]} == ARTICLE
    assert task_of(task.problem().describe()) == task


def test_the_sample_shows_each_digit_once_with_its_chances(here: Path) -> None:
    problem = Mnist().problem()
    model = problem.model(Settings(**TINY))  # type: ignore[arg-type]
    sample = problem.sample(model)
    assert (sample["kind"], sample["side"], sample["classes"]) == ("digits", 28, list("0123456789"))
    assert [row["target"] for row in sample["rows"]] == list(range(10))
    for row in sample["rows"]:
        pixels = np.frombuffer(base64.b64decode(row["pixels"]), np.uint8).reshape(28, 28)
        assert (pixels == 255).all(1).nonzero()[0].tolist() == [2 * row["target"] + 4]
        with reading(model):
            chances = model(torch.from_numpy(pixels / 255).float()[:, None]).softmax(-1)[0]
        assert row["chances"] == pytest.approx(chances.tolist(), abs=1e-4)


@pytest.mark.parametrize("readout", ["last", "mean"])
def test_a_guess_after_a_row_is_that_of_a_picture_that_ends_there(here: Path, readout: str) -> None:
    problem = Mnist().problem()
    model = problem.model(Settings(**TINY, readout=readout))  # type: ignore[arg-type]
    examples = Examples(problem.held_out.x[:4], problem.held_out.y[:4])
    scores, y = guessed(model, examples)
    assert scores.shape == (28, 4, 10)
    assert y.tolist() == examples.y.tolist()
    for row in (0, 9, 27):
        answers = problem.answers(model, examples.x[:, : row + 1])
        torch.testing.assert_close(scores[row], answers, atol=1e-5, rtol=0)


@pytest.mark.parametrize("directions", [1, 2])
def test_the_findings_are_those_of_the_model(here: Path, directions: int) -> None:
    problem = Mnist().problem()
    model = problem.model(Settings(**TINY, directions=directions))  # type: ignore[arg-type]
    with torch.no_grad():
        model.out.weight.zero_()
        model.out.bias.copy_(torch.eye(10)[3] * 4)  # it always says 3
    found = problem.findings(model)
    loss = -torch.tensor([4.0 if digit == 3 else 0.0 for digit in range(10)]).log_softmax(0).mean()
    assert found[0] == f"Of 20 test pictures 10.0% are read right; their mean cross-entropy is {loss:.3f}."
    assert ("last of the 28 rows, it would be right on 10.0% after 14" in found[1]) == (directions == 1)
    assert "a 0 is taken for a 3: 2 of 18 mistakes" in found[-1]


@pytest.mark.slow
def test_it_learns_where_the_bright_row_is(here: Path) -> None:
    settings = Settings(**{**TINY, "hidden": 16, "steps": 200, "lr": 0.02, "evaluate_every": 100})  # type: ignore[arg-type]
    *_, end = train(Training(Mnist().problem(), settings))
    assert end.held_out >= 0.8  # type: ignore[union-attr]


@pytest.mark.slow
@needs_mnist
def test_the_real_files_are_what_the_world_knows() -> None:
    found = pictures.mnist()
    assert found.train_x.shape == (60_000, 28, 28)
    assert found.test_x.shape == (10_000, 28, 28)
    assert found.train_y[:5].tolist() == [5, 0, 4, 1, 9]
    assert np.bincount(found.test_y).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


@pytest.mark.slow
@needs_mnist
def test_real_digits_are_learned() -> None:
    task = Mnist()
    settings = Settings(
        **{**task.defaults, "hidden": 64, "layers": 1, "steps": 150, "lr": 0.01, "evaluate_every": 150}
    )
    *_, end = train(Training(task.problem(), settings))
    assert end.held_out > 0.7  # type: ignore[union-attr]
