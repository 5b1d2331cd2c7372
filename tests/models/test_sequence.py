import math

import pytest
import torch
from torch import Tensor, nn

from rnnviz.models.pooling import READOUTS
from rnnviz.models.reader import INPUTS, Reader
from rnnviz.models.sequence import Classifier, Tagger
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.nn import LAYERS, torch_twin
from tests.cases import every

ABC = Vocabulary.of("abc")
T, B, D = 6, 3, 4
LENGTHS = torch.tensor([6, 2, 5])


def numbers(seed: int = 0) -> Tensor:
    return torch.randn(T, B, D, generator=torch.Generator().manual_seed(seed))


def alone(model: Reader, x: Tensor, row: int) -> Tensor:
    """What torch's own layers make of one row by itself: h of every step, (T, 1, width)."""
    with torch.no_grad():
        return torch_twin(model.rnn)(x[: LENGTHS[row], row : row + 1])[0]


@pytest.mark.parametrize("cell", LAYERS)
@every("directions", [1, 2])
def test_a_tagger_is_torchs_layers_and_a_linear_one(cell: str, directions: int) -> None:
    model = Tagger(D, 2, cell=cell, hidden=5, layers=2, directions=directions)
    x = numbers()
    answers, state = model(x)
    h, wanted = torch_twin(model.rnn)(x)
    torch.testing.assert_close(answers, h @ model.out.weight.T + model.out.bias)
    torch.testing.assert_close(state, wanted)
    assert answers.shape == (T, B, 2)


@every("directions", [1, 2])
def test_a_tagger_reads_rows_to_their_own_ends(directions: int) -> None:
    model = Tagger(D, ("yes", "no"), cell="gru", hidden=5, directions=directions)
    x = numbers()
    answers, state = model(x, None, LENGTHS)
    for row, length in enumerate(LENGTHS):
        h = alone(model, x, row)
        torch.testing.assert_close(answers[:length, row], model.out(h)[:, 0])
        torch.testing.assert_close(state[0, row], h[-1, 0, :5])


def test_a_tagger_goes_on_where_it_stopped() -> None:
    model = Tagger(ABC, ("vowel", "other"), cell="lstm", hidden=5, layers=2, input="embedding", embedding=3)
    ids = torch.tensor([[1, 2], [3, 0], [2, 2], [1, 3]])
    whole, _ = model(ids)
    first, state = model(ids[:1])
    second, _ = model(ids[1:], state)
    torch.testing.assert_close(torch.cat([first, second]), whole)


def test_without_a_head_h_is_the_answer() -> None:
    model = Tagger(ABC, ABC, cell="rnn", hidden=4, head="none")
    answers, h = model(torch.tensor([[1], [3]]))
    torch.testing.assert_close(answers[-1], h[-1])
    assert not [name for name in model.state_dict() if name.startswith("out")]
    assert model.parameter_count == 4 * 4 + 4 * 4 + 4 + 4


@pytest.mark.parametrize("readout", READOUTS)
@every("directions", [1, 2])
@every("ragged", [False, True])
def test_a_classifier_reads_its_answer_from_where_it_should(
    readout: str, directions: int, ragged: bool
) -> None:
    model = Classifier(D, ("a", "b", "c"), cell="lstm", hidden=5, readout=readout, directions=directions)
    x = numbers()
    logits = model(x, LENGTHS if ragged else None)
    for row, length in enumerate(LENGTHS if ragged else [T] * B):
        h = torch_twin(model.rnn)(x[:length, row : row + 1])[0][:, 0]
        ends = torch.cat([h[-1, :5], h[0, 5:]])  # the reverse direction ends at the first step
        summary = ends if readout == "last" else h.mean(0)
        if readout.startswith("attention"):  # as tutorials write it, whose linear layer has a bias
            weights = (h @ model.attn.weight.T + torch.randn(())).softmax(0)
            summary = (weights * h).sum(0)
        torch.testing.assert_close(logits[row], model.out(summary))


def test_what_comes_after_the_end_of_a_row_does_nothing() -> None:
    model = Classifier(D, ("a", "b"), cell="gru", hidden=5, directions=2, readout="mean")
    x, other = numbers(), numbers(1)
    ended = torch.arange(T)[:, None] >= LENGTHS
    other[~ended] = x[~ended]
    torch.testing.assert_close(model(x, LENGTHS), model(other, LENGTHS), rtol=0, atol=0)


def test_a_trace_tells_every_value_and_nan_after_the_end() -> None:
    model = Classifier(D, ("a", "b"), cell="gru", hidden=5, directions=2)
    values = model.trace(numbers(), LENGTHS)
    assert {"l0.h", "l0r.h", "l0.z"} <= set(values)
    assert torch.equal(values["l0r.h"].isnan()[..., 0], torch.arange(T)[:, None] >= LENGTHS)
    h, _ = model.states(numbers(), None, LENGTHS)
    told = torch.cat([values["l0.h"], values["l0r.h"]], -1)
    torch.testing.assert_close(told.nan_to_num(), h)


@every("input", INPUTS)
def test_the_rows_that_go_in(input: str) -> None:
    model = Tagger(ABC, 1, cell="rnn", hidden=2, input=input, embedding=3)
    ids = torch.tensor([[0], [3]])
    rows = model.input_rows(ids)
    assert rows.shape == (2, 1, 4 if input == "onehot" else 3)
    torch.testing.assert_close(model.rnn(rows)[0], model.rnn(model.read(ids))[0])


def test_numbers_go_in_as_they_are() -> None:
    model = Tagger(D, 1, cell="rnn", hidden=2)
    assert torch.equal(model.input_rows(numbers()), numbers())
    assert model.input == "numbers"
    with pytest.raises(ValueError, match="reads 4 numbers a step, not text"):
        model.ids("abc")


def test_dropout_acts_on_the_answer_while_training_only() -> None:
    for model in (
        Tagger(D, 2, cell="rnn", hidden=50, dropout=0.5),
        Classifier(D, ("a", "b"), cell="rnn", hidden=50, dropout=0.5),
    ):
        answers = [model(numbers()) for _ in range(2)]
        first, second = (a[0] if isinstance(a, tuple) else a for a in answers)
        assert not torch.equal(first, second)
        model.eval()
        assert torch.equal(*(torch.as_tensor(model.states(numbers())[0]) for _ in range(2)))


def test_gradients_are_torchs() -> None:
    """Through packing, both directions and the mean, in float64."""
    model = Classifier(D, ("a", "b"), cell="lstm", hidden=5, directions=2, readout="mean").double()
    x = numbers().double().requires_grad_()
    model(x, LENGTHS).square().sum().backward()
    found = x.grad
    y = numbers().double().requires_grad_()
    packed = nn.utils.rnn.pack_padded_sequence(y, LENGTHS, enforce_sorted=False)
    h, lengths = nn.utils.rnn.pad_packed_sequence(torch_twin(model.rnn)(packed)[0])
    model.out(h.sum(0) / lengths[:, None]).square().sum().backward()
    torch.testing.assert_close(found, y.grad, rtol=0, atol=1e-12)


@every(
    ("settings", "sentence"),
    [
        ({"head": "both"}, "head is linear or none, not 'both'"),
        ({"head": "none"}, "2 units are needed, not 256"),
        ({"outputs": 0}, "outputs is a whole number from 1"),
        ({"outputs": True}, "outputs is a whole number from 1"),
        ({"outputs": ("a", "a")}, "different names of classes"),
        ({"outputs": ("a", 3)}, "different names of classes"),
        ({"outputs": ()}, "different names of classes"),
        ({"outputs": ABC}, "vocabulary that is answered is the one that is read"),
        ({"inputs": 0}, "inputs is a whole number from 1"),
        ({"inputs": "abc"}, "inputs is a whole number"),
        ({"directions": 3}, "directions is 1 or 2, not 3"),
        ({"directions": True}, "directions is 1 or 2"),
        ({"dropout": math.nan}, "below 1"),
        ({"cell": None}, "cell is one of"),
    ],
)
def test_a_taggers_setting_out_of_range_is_told(settings: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Tagger(**{"inputs": D, "outputs": 2} | settings)  # type: ignore[arg-type]


@every(
    ("settings", "sentence"),
    [
        ({"readout": "first"}, "readout is last, mean, attention, attention_by_unit, not 'first'"),
        ({"classes": 3}, "names of classes, not 3"),
        ({"classes": None}, "names of classes, not None"),
    ],
)
def test_a_classifiers_setting_out_of_range_is_told(settings: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Classifier(**{"inputs": D, "classes": ("a", "b")} | settings)  # type: ignore[arg-type]
