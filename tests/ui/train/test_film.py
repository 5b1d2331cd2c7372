"""The film of a run on the Train page."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from rnnviz.settings import Settings
from rnnviz.tasks.reverse import Reverse
from rnnviz.tasks.text import OwnText
from rnnviz.training.run import create
from tests.cases import every
from tests.ui.train.working import film_of, points, train
from tests.ui.visiting import checked, panel, panel_query, said


def test_a_finished_run_shows_its_curves_its_answer_and_its_film(finished: AppTest, runs: Path) -> None:
    at = finished
    assert "has finished" in said(at)
    assert any(row["step"] == 6 for row in points(at))
    film = panel(at, "film")
    assert film["trained"] == [0, 1, 2, 3, 4, 6]
    assert "".join(film["tokens"]) == "hello"


def test_the_film_shows_the_sentence_that_was_typed(finished: AppTest, runs: Path) -> None:
    at = finished
    checked(at.text_input(key="film_text").set_value("hell").run())
    assert "".join(panel(at, "film")["tokens"]) == "hell"


def test_the_address_brings_the_film_back(finished: AppTest, open_page: Any, runs: Path) -> None:
    at = open_page(run="hello-rnn", film_text="hell", film_show="l1.h", frame="2")
    film = panel(at, "film")
    assert ("".join(film["tokens"]), film["name"], film["chosen"]) == ("hell", "h", 2)
    assert "layer 2" in film["title"]
    assert panel_query(at) == "run=hello-rnn&film_text=hell&film_show=l1.h&frame=2"


@every("frame", ["99", "-3", "x", "9" * 40])
def test_a_frame_that_is_not_there_is_the_newest(finished: AppTest, open_page: Any, frame: str) -> None:
    at = open_page(run="hello-rnn", frame=frame, film_show="<b>")
    assert panel(at, "film")["chosen"] == -1


def test_a_long_sentence_is_read_as_far_as_it_goes(finished: AppTest, runs: Path) -> None:
    at = finished
    checked(at.text_input(key="film_text").set_value("hello" * 50).run())
    assert len(panel(at, "film")["tokens"]) == 200
    assert "The text has 250 characters and the limit is 200" in said(at)


def test_the_film_of_ones_own_text_begins_with_it(open_page: Any, runs: Path) -> None:
    at = open_page(task="text")
    at.text_area(key="text_pasted").set_value("我爱中国。" * 100)
    checked(at.button(key="start").click().run())
    assert at.text_input(key="film_text").placeholder.startswith("我爱中国。")


def test_the_film_of_what_is_written_is_the_matrix_of_the_right_answer(open_page: Any, runs: Path) -> None:
    """Its steps are the same in every frame, though what each network writes by itself is another thing."""
    small = {"hidden": 4, "steps": 6, "batch": 4, "evaluate_every": 3}
    settings = Settings(**{**Reverse.defaults, **small})
    for name, changes in {"looks": {}, "does-not": {"attention": "none"}}.items():
        create(runs / name, Reverse(letters=5), replace(settings, **changes))
        train(runs / name)

    def film(run: str, text: str) -> dict[str, Any]:
        at = open_page(task="reverse", run=run, film_text=text)
        (shown,) = (each.proto for each in at.get("bidi_component") if each.proto.id.endswith("-film"))
        assert ("1 of 2 characters" in said(at)) == (text == "äb")
        return dict(json.loads(shown.bytes))

    looks = film("looks", "abc")
    assert looks["title"].startswith("α: weight of attention")
    assert looks["caption"] == "3 tokens that are read, in their order"
    assert (looks["tokens"], looks["labels"]) == (["c", "b", "a", "end"], ["a", "b", "c"])
    assert film("does-not", "abc")["title"] == "h: hidden state, layer 1 of the decoder"
    assert film("looks", "äb")["labels"] == ["ä", "b"]  # nobody can write that backwards


def test_the_film_of_a_transformer_shows_what_each_step_looks_at(open_page: Any, runs: Path) -> None:
    small = {"cell": "transformer", "hidden": 8, "heads": 2, "layers": 2, "length": 12, "batch": 4}
    task = OwnText(pasted="The cat sat on the mat, and the dog did not. " * 20)
    create(runs / "looks", task, Settings(**small, steps=6, evaluate_every=3, dropout=0.0))
    train(runs / "looks")
    at = open_page(task="text", run="looks", film_text="the cat sat on the mat")
    film = film_of(at)
    assert film["title"].startswith("h: state after the layer, layer 1")
    assert "".join(film["tokens"]).replace("·", " ") == "the cat sat "  # more it does not look at together
    assert "The text has 22 characters and the limit is 12" in said(at)
    (shown,) = (each for each in at.get("button_group") if each.key == "film_show")
    assert [option.content for option in shown.proto.options][:3] == [
        "attention, layer 1",
        "$h_1$",
        "attention, layer 2",
    ]
    at = open_page(task="text", run="looks", film_show="l1.attn.weights", film_text="the cat")
    film = film_of(at)
    assert film["title"] == "α: weight of attention, layer 2, mean of 2 heads"
    assert film["caption"] == "7 tokens that are read, in their order"
    assert (film["low"], film["high"], film["scale"]) == (0.0, 1.0, "sequential")


def test_the_film_of_a_transformer_that_writes_shows_where_it_looks(open_page: Any, runs: Path) -> None:
    small = {"cell": "transformer", "hidden": 8, "heads": 2, "layers": 2, "batch": 4, "steps": 6}
    settings = Settings(**{**Reverse.defaults, **small, "directions": 1, "evaluate_every": 3})
    create(runs / "looks", Reverse(letters=5), settings)
    train(runs / "looks")
    at = open_page(task="reverse", run="looks", film_text="abc")
    film = film_of(at)
    assert film["title"] == "α: weight of attention, layer 2 of the decoder, cross-attention, mean of 2 heads"
    assert (film["tokens"], film["labels"]) == (["c", "b", "a", "end"], ["a", "b", "c"])
    assert "on average over its heads" in said(at)
    (shown,) = (each for each in at.get("button_group") if each.key == "film_show")
    assert [option.content for option in shown.proto.options] == [
        "attention, encoder 1", "attention, encoder 2", "attention, decoder 1", "attention, cross 1", "$h_1$",
        "attention, decoder 2", "attention, cross 2", "$h_2$", "chances",
    ]  # fmt: skip
    at = open_page(task="reverse", run="looks", film_show="enc.l0.attn.weights", film_text="abc")
    assert film_of(at)["tokens"] == ["a", "b", "c"]
