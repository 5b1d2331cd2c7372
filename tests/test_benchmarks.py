"""The benchmarks compute what they say. Nothing here asserts a time."""

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks import picture, processes, results, tables, timing
from benchmarks.__main__ import main
from benchmarks.naive import Naive
from benchmarks.parts import connectivity, generation, peers, trace, training
from benchmarks.plan import CELLS, PARTS, TRAINING, Case, Setting, case_named, cases
from benchmarks.problems import Problem
from benchmarks.results import Results
from benchmarks.targets import Target, Verdict, judged, targets
from benchmarks.timing import Sample, paired_ratio, race, warm_up
from tests.cases import every

ROOT = Path(__file__).resolve().parents[1]
SMALL = Setting("small", 3, 5, 7, 4, layers=2)
ONE_ROW = Setting("one row", 1, 6, 7, 4)
MACHINE = {"cpu": "a processor", "cores": 2, "load": [0.0], "libraries": {"torch": "2.13.0"}}


def problem(cell: str, setting: Setting = SMALL) -> Problem:
    return Problem(Case("training", cell, setting))


def sample(part: str, ratio: float, who: str = "rnnviz", **said: Any) -> Sample:
    """A sample in which one contender has this ratio to every reference."""
    references = PARTS[part].references
    return Sample(
        figures={reference: {who: ratio} for reference in references},
        milliseconds=dict.fromkeys((*references, who), 2.0),
        cores=dict.fromkeys((*references, who), 1.0),
        **{"rounds": 50, "others": 0.0} | said,
    )


def run_of(*samples: tuple[Case, Sample]) -> Results:
    run = Results(MACHINE, "2026-01-31T12:00:00+00:00", 1.0)
    for case, found in samples:
        run.add(case, found)
    return run


# --- the contenders


@pytest.mark.parametrize("cell", CELLS)
def test_the_naive_loop_equals_torch(cell):
    given = problem(cell)
    naive, x = Naive(given.reference).double(), given.rows.double().requires_grad_()
    wanted, _ = given.reference.double()(x)
    found = naive(x)
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-12)
    upstream = torch.randn_like(wanted)
    (of_x,) = torch.autograd.grad(found, x, upstream)
    torch.testing.assert_close(of_x, torch.autograd.grad(wanted, x, upstream)[0], rtol=0, atol=1e-12)


@pytest.mark.parametrize("cell", CELLS)
def test_the_naive_trace_equals_rnnviz(cell):
    given = problem(cell)
    naive, ours = Naive(given.reference).trace(given.rows), given.layer().trace(given.rows).values
    assert naive.keys() <= ours.keys()
    for name, value in naive.items():
        torch.testing.assert_close(value, ours[name], rtol=0, atol=2e-6)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(
    ("part", "setting"),
    [(training, TRAINING[0]), (trace, SMALL), (generation, ONE_ROW), (connectivity, ONE_ROW)],
)
def test_all_contenders_compute_the_same(part, setting, cell):
    builders = part.builders(problem(cell, setting))
    assert "rnnviz" in builders
    warm_up({name: build() for name, build in builders.items()})


def test_a_step_trains():
    given = problem("lstm")
    step = training.step_of(given, given.layer(), given.rows)
    losses = [float(step()) for _ in range(3)]
    assert losses[0] > losses[1] > losses[2]


@every("case", cases())
def test_every_case_builds(case):
    assert callable(importlib.import_module(f"benchmarks.parts.{case.part}").measure)
    size, setting = Problem(case), case.setting
    assert size.rows.shape == (setting.steps, setting.batch, setting.vocabulary)
    assert size.layer().num_layers == setting.layers


# --- the arithmetic


def test_a_ratio_is_the_median_over_rounds_of_times_of_the_same_round():
    assert paired_ratio([2.0, 9.0, 4.0], [1.0, 3.0, 4.0]) == 2.0


def test_a_race_lets_everybody_run_once_a_round():
    ran: list[str] = []

    def builder(name):
        return lambda: lambda: ran.append(name) or 1.0

    found = race({name: builder(name) for name in "abc"}, ["a", "absent"], seconds=0)
    rounds = [ran[k : k + 3] for k in range(3 * timing.WARM_UP, len(ran), 3)]
    assert found.rounds == len(rounds) == timing.LEAST_ROUNDS
    assert all(sorted(one) == ["a", "b", "c"] for one in rounds)
    assert len({tuple(one) for one in rounds}) > 1, "the order never changed"
    assert found.figures.keys() == {"a"}
    assert found.figures["a"].keys() == found.worked["a"].keys() == {"b", "c"}


def test_who_computes_something_else_is_no_contender():
    with pytest.raises(AssertionError, match="compute different numbers"):
        race({"a": lambda: lambda: 1.0, "b": lambda: lambda: 1.1}, ["a"], seconds=0, seed=1)


def test_figures_are_medians_of_processes_with_their_spread():
    case = case_named("training", "lstm", "d2l256")
    run = run_of(*((case, sample("training", ratio)) for ratio in (1.2, 1.0, 1.1)))
    assert run.figure(case, "rnnviz", "torch.nn") == (1.1, 1.0, 1.2)
    assert run.figure(case, "nobody", "torch.nn") is None


# --- the targets


def test_every_target_is_about_something_measured():
    wanted = list(targets())
    assert len({target[:5] for target in wanted}) == len(wanted)
    for target in wanted:
        case = target.case
        assert target.reference in PARTS[case.part].references
        if case.part in ("training", "trace"):
            part = importlib.import_module(f"benchmarks.parts.{case.part}")
            assert {target.contender, target.reference} <= part.builders(problem(case.cell)).keys()


@pytest.mark.parametrize(
    ("figure", "verdict"), [(0.5, "leads"), (0.6, "leads"), (0.61, "met"), (0.8, "met"), (0.81, "MISSED")]
)
def test_verdicts(figure, verdict):
    assert Target("p", "c", "s", "a", "b", reach=0.8, lead=0.6).verdict(figure) == Verdict(verdict)


def test_what_need_not_lead_is_never_missed():
    target = Target("p", "c", "s", "a", "b", reach=None, lead=1.0)
    assert [target.verdict(figure) for figure in (1.0, 1.1)] == [Verdict.LEADS, Verdict.OPEN]
    assert target.said(1.1) == "<= 1 open"


# --- what comes out


def every_figure(ratio: float) -> Results:
    return run_of(*((case, sample(case.part, ratio)) for case in cases()))


def test_tables_state_the_target_beside_the_figure():
    told = tables.report(every_figure(1.02))
    assert "| rnnviz / torch.nn | 1.02 (1.02-1.02), <= 1.5 met" in told
    assert "1.02 (1.02-1.02), <= 0.98 MISSED" in told
    assert "- training, LSTM, d2l512: rnnviz / torch.nn is 1.02 (1.02-1.02), to reach 0.98" in told
    assert "Doubts" not in told
    for part in PARTS.values():
        assert part.title in told


def test_a_run_counts_what_it_reached():
    run = every_figure(0.01)
    assert {verdict for *_, verdict in judged(run)} <= {Verdict.LEADS, Verdict.MET}
    ours = [target for target in targets() if target.contender == "rnnviz"]
    count, leading = len(ours), sum(1 for target in ours if target.lead is not None)
    assert f"Of {count} judged figures {count} are reached, {leading} of them" in tables.report(run)


def test_a_busy_machine_and_a_second_core_are_told():
    case = case_named("training", "rnn", "live64")
    found = sample("training", 0.7, others=0.8)
    found.cores["rnnviz"] = 1.9
    doubts = "\n".join(tables.doubts(run_of((case, found))))
    assert "during 1 of 1 samples, at most 0.80" in doubts
    assert "training rnn live64: rnnviz computed on 1.90 processors" in doubts


def test_two_clocks_that_disagree_are_told():
    case = case_named("training", "rnn", "karpathy")
    found = sample("training", 0.7, worked={"torch.nn": {"rnnviz": 0.8}})
    (doubt,) = tables.doubts(run_of((case, found)))[1:]
    assert doubt.startswith("- training rnn karpathy: rnnviz / torch.nn is 0.7 by the clock, 0.8 by")


def test_a_run_survives_its_file(tmp_path):
    run = every_figure(0.123456)
    run.save(tmp_path / "new" / "run.json")
    again = Results.load(tmp_path / "new" / "run.json")
    assert again == run
    assert tables.report(again) == tables.report(run)


def test_a_foreign_file_is_refused(tmp_path):
    (tmp_path / "other.json").write_text('{"format": 7}', encoding="utf-8")
    with pytest.raises(ValueError, match="format 7"):
        Results.load(tmp_path / "other.json")


def test_the_machine_is_named():
    machine = results.this_machine()
    assert machine["cpu"]
    found, told = (name.partition("+")[0] for name in (torch.__version__, machine["libraries"]["torch"]))
    assert told == found  # what was built for CUDA calls itself "2.13.0+cu130", its package "2.13.0"
    assert machine["threads"] == 1


def test_the_picture_has_every_dot():
    pytest.importorskip("altair")
    spec = picture.chart(every_figure(1.5)).to_dict()
    left, right = spec["hconcat"]
    assert len(left["data"]["values"]) == sum(1 for case in cases(["training"]))
    assert {dot["told"] for dot in right["data"]["values"]} == {"1.50"}


def test_nothing_to_draw_is_said():
    case = case_named("memory", "lstm", "T2000")
    with pytest.raises(ValueError, match="nothing to draw"):
        picture.chart(run_of((case, Sample({"MB": {"rnnviz": 80.0}}))))


# --- as people call it


@pytest.mark.slow  # in interpreters of their own
def test_the_command_measures_in_processes_of_their_own(tmp_path, capsys):
    path = tmp_path / "speed.json"
    which = ["--only", "generation", "--cells", "rnn", "--settings", "H128"]
    main([*which, "--processes", "1", "--seconds", "0", "--json", str(path)])
    printed = capsys.readouterr().out
    assert "rnnviz / torch.nn, T=1" in printed
    (case,) = Results.load(path).samples
    assert str(case) == "generation rnn H128"


def test_the_command_knows_its_names(capsys):
    with pytest.raises(SystemExit):
        main(["--cells", "lstm,transformer"])
    assert "'transformer' is not one of lstm, gru, rnn" in capsys.readouterr().err


def test_without_the_other_libraries_the_rest_is_measured(monkeypatch, capsys):
    monkeypatch.setattr(peers, "find_spec", lambda name: None)
    assert peers.installed() == []
    with pytest.raises(SystemExit, match="no such comparison"):
        main(["--only", "peers"])
    assert "requirements-bench.txt" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("cell", CELLS)
def test_the_other_libraries_compute_the_same(cell):
    here = peers.installed()
    if not here:
        pytest.skip("neither Keras nor JAX is installed")
    found = processes.sample(case_named("peers", cell, "live64"), seconds=0, seed=0)
    assert {name for name in here if name in found.milliseconds} == set(here)


@pytest.mark.slow
def test_a_failing_comparison_says_why(monkeypatch):
    monkeypatch.setattr(
        processes, "ONE_THREAD", {"OMP_NUM_THREADS": "1", "PYTHONPATH": "", "PYTHONHOME": "/no"}
    )
    with pytest.raises(RuntimeError, match="trace rnn T100 could not be measured"):
        processes.sample(case_named("trace", "rnn", "T100"), seconds=0, seed=0)


@pytest.mark.slow
def test_a_long_trace_tells_its_memory():
    pytest.importorskip("resource")
    found = processes.sample(case_named("memory", "rnn", "T2000"), seconds=0, seed=0)
    assert found.figures["MB"]["the values alone"] == pytest.approx(2000 * 512 * 2 * 2 * 4 / 1e6, rel=1e-3)
    assert found.figures["MB"]["rnnviz"] >= 0


@pytest.mark.slow
def test_the_watch_benchmark_still_stands_alone():
    command = [sys.executable, str(ROOT / "benchmarks" / "watch.py"), "--help"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "--visits" in told.stdout
