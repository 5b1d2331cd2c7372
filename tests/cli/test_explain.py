"""`python -m rnnviz explain`: the table that is printed, and the one that is written."""

import csv
from pathlib import Path

import pytest

import rnnviz
from rnnviz.cli import main
from rnnviz.models.reader import Reader
from tests.cli.short import wrong

TEXT = "a(b)[c"


@pytest.fixture
def model(trained: Path) -> Reader:
    return rnnviz.load("small")


def told(capsys: pytest.CaptureFixture[str], *asked: str) -> list[str]:
    assert main(["explain", "small", TEXT, *asked]) == 0
    return capsys.readouterr().out.splitlines()


def last(line: str) -> float:
    return float(line.split()[-1])


def test_the_largest_products_come_first_and_the_lines_add_up(
    model: Reader, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = rnnviz.trace(model, TEXT)
    lines = told(capsys, "--name", "l0.f", "--step", "3", "--unit", "2", "--largest", "4")
    assert lines[0] == "l0.f of unit 2 at step 3, ')': forget gate"
    assert lines[1].split() == ["source", "weight", "input", "scale", "value"]
    products = [last(line) for line in lines[2:6]]
    assert [abs(p) for p in products] == sorted((abs(p) for p in products), reverse=True)
    table = rnnviz.explain(model, trace, "l0.f", 3, 2)
    assert abs(products[0]) == pytest.approx(table["value"].abs().max(), rel=1e-5)
    assert lines[6].startswith(f"{len(table) - 4} more, together")
    assert lines[7].startswith("what rounding left")
    assert lines[8].startswith("the sum")
    assert last(lines[8]) == pytest.approx(sum(products) + last(lines[6]) + last(lines[7]), abs=1e-5)
    assert last(lines[8]) == pytest.approx(float(trace["l0.a_f"].values[3, 2]), rel=1e-5)
    assert lines[9].startswith("its sigmoid")
    assert last(lines[9]) == pytest.approx(float(trace["l0.f"].values[3, 2]), rel=1e-5)
    assert len(lines) == 10
    assert len({len(line) for line in lines[1:]}) == 1  # all numbers end under one another


def test_all_products_can_be_shown_and_what_has_no_activation_ends_with_its_sum(
    model: Reader, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = told(capsys, "--name", "l0.c", "--largest", "99")
    assert lines[0] == f"l0.c of unit 0 at step {len(TEXT) - 1}, 'c': cell state"
    assert {line.split()[0] for line in lines[2:4]} == {"l0.c[0]", "l0.g[0]"}
    assert [line.split("  ")[0] for line in lines[4:]] == ["what rounding left", "the sum"]


def test_what_was_read_is_quoted(model: Reader, capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, "--name", "l0.i", "--step", "1", "--largest", "99")
    (token,) = [line for line in lines[2:] if line.startswith("'")]
    assert token.split()[0] == "'('"


def test_the_file_has_every_product_and_no_formula(
    model: Reader, trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = trained / "terms.csv"
    asked = ["explain", "small", "a=b", "--name", "l0.o", "--step", "1", "--unit", "5", "--csv", str(path)]
    assert main(asked) == 0
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    table = rnnviz.explain(model, rnnviz.trace(model, "a=b"), "l0.o", 1, 5)
    assert [row["source"] for row in rows] == ["'=", *table["source"][1:]]
    for column in ("weight", "input", "scale", "value"):
        assert [float(row[column]) for row in rows] == table[column].tolist()


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("nobody abc --name l0.f", "There is no checkpoint 'nobody'"),
        ("small abc", "required: --name"),
        ("small abc --name l0.z", "'l0.z' is no sum that can be taken apart; these are: l0.h, l0.c,"),
        ("small abc --name l0.f --step 3", "There is no step 3: there are 3, 0 to 2"),
        ("small abc --name l0.f --unit 6", "l0.f has no unit 6: there are 6, 0 to 5"),
        ("small abc --name l0.f --largest -1", "largest is at least 0, not -1"),
        ("small abc --name l0.f --csv /nowhere/at/all.csv", "No such file or directory"),
    ],
)
def test_a_wrong_question_is_answered_in_one_sentence(
    asked: str, sentence: str, trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sentence in wrong(["explain", *asked.split()], capsys)
