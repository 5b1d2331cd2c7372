"""The transformer that reads and writes: against torch's modules, what a step may know, and how it writes."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from rnnviz.attention import sinusoidal
from rnnviz.models.decoding import beam_search, greedy, write
from rnnviz.models.transformer import NORMS, POSITIONS
from rnnviz.models.transformer_seq2seq import TransformerSeq2Seq
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.record.forcing import forcing
from tests.nn.compare import TOLERANCE, assert_same

SOURCE = Vocabulary.of("abcdef")
S, T, B = 6, 4, 3
LENGTHS = torch.tensor([S, 2, 5])
X = torch.tensor([[1, 2, 3], [4, 5, 6], [6, 0, 1], [2, 0, 2], [3, 0, 5], [1, 0, 0]])
Y = torch.tensor([[1, 3, 2], [2, 0, 2], [3, -100, 0], [0, -100, -100]])


def model_of(seed: int = 0, outputs: str = "xyz", dtype: torch.dtype = torch.float64, **settings: Any) -> Any:
    """Weights large enough for it to be sure of something."""
    torch.manual_seed(seed)
    made: dict[str, Any] = {"hidden": 8, "layers": 2, "heads": 2, "feedforward": 9, "context": 12} | settings
    model = TransformerSeq2Seq(SOURCE, tuple(outputs), **made).to(dtype)
    with torch.no_grad():
        for weight in model.parameters():
            weight.normal_(std=0.7)
    return model.eval()


def in_torch(model: TransformerSeq2Seq) -> tuple[nn.TransformerEncoder, nn.TransformerDecoder]:
    """torch's own modules with the model's weights."""
    made: dict[str, Any] = {"dtype": model.out.weight.dtype, "norm_first": model.norm == "pre"}
    sizes = (model.hidden, model.heads, model.feedforward, 0.0)
    norms = [
        nn.LayerNorm(model.hidden, dtype=made["dtype"]) if model.norm == "pre" else None for _ in range(2)
    ]
    reads, writes = nn.TransformerEncoderLayer(*sizes, **made), nn.TransformerDecoderLayer(*sizes, **made)
    encoder = nn.TransformerEncoder(reads, model.layers, norms[0], enable_nested_tensor=False)
    decoder = nn.TransformerDecoder(writes, model.layers, norms[1])
    encoder.load_state_dict(model.encoder.state_dict())
    decoder.load_state_dict(model.decoder.state_dict())
    return encoder, decoder


def rows(model: Any, side: str, ids: Tensor) -> Tensor:
    table = getattr(model, f"{side}_emb").weight
    if model.positions == "learned":
        return table[ids] + getattr(model, f"{side}_pos").weight[: len(ids), None]
    return table[ids] + sinusoidal(len(ids), model.hidden, dtype=table.dtype)[:, None]


def loss_of(logits: Tensor) -> Tensor:
    return cross_entropy(logits.flatten(0, 1), Y.flatten(), ignore_index=-100)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("positions", POSITIONS)
def test_logits_and_every_gradient_are_those_of_torchs(positions: str, norm: str, dtype: torch.dtype) -> None:
    model = model_of(positions=positions, norm=norm, dtype=dtype)
    encoder, decoder = in_torch(model)
    beyond = torch.arange(S) >= LENGTHS[:, None]
    read = torch.cat([torch.zeros(1, B, dtype=torch.long), Y[:-1].clamp(min=0)])
    h = decoder(
        rows(model, "target", read),
        encoder(rows(model, "source", X), src_key_padding_mask=beyond),
        torch.ones(T, T).triu(1).bool(),
        memory_key_padding_mask=beyond,
    )
    theirs = h @ model.out.weight.T + model.out.bias
    ours = model(X, Y, LENGTHS)

    def told(logits: Tensor, *modules: nn.Module) -> dict[str, Tensor]:
        named = {name: value for module in modules for name, value in module.named_parameters()}
        grads = torch.autograd.grad(loss_of(logits), list(named.values()), retain_graph=True)
        return {"logits": logits, **dict(zip(named, grads, strict=True))}

    assert_same(told(ours, model.encoder), told(theirs, encoder), TOLERANCE[dtype])
    assert_same(told(ours, model.decoder), told(theirs, decoder), TOLERANCE[dtype])
    tables = [getattr(model, name) for name in ("source_emb", "target_emb")]
    assert_same(told(ours, *tables), told(theirs, *tables), TOLERANCE[dtype])


@pytest.mark.parametrize("norm", NORMS)
def test_a_padded_batch_is_its_rows_alone(norm: str) -> None:
    model = model_of(norm=norm)
    whole = model(X, Y, LENGTHS)
    for row, length in enumerate(LENGTHS.tolist()):
        alone = model(X[:length, row : row + 1], Y[:, row : row + 1])
        steps = (Y[:, row] != -100).sum()
        torch.testing.assert_close(whole[:steps, row], alone[:steps, 0], rtol=0, atol=1e-12)


def test_what_is_written_later_moves_nothing_before_it() -> None:
    model = model_of()
    other = Y.clone()
    other[2:] = torch.tensor([[1, 2, 3], [2, 1, 1]])
    whole, changed = model(X, Y, LENGTHS), model(X, other, LENGTHS)
    assert torch.equal(whole[:3], changed[:3])  # step 3 is the first that has read what step 2 wrote
    assert not torch.equal(whole[3], changed[3])


@pytest.mark.parametrize("positions", POSITIONS)
@pytest.mark.parametrize("norm", NORMS)
def test_a_step_at_a_time_says_the_same(norm: str, positions: str) -> None:
    model = model_of(norm=norm, positions=positions)
    whole = model(X, Y, LENGTHS)
    encoded = model.encode(X, LENGTHS)
    state, last = encoded.state, torch.zeros(B, dtype=torch.long)
    for t in range(T):
        logits, state = model.step(last, state, encoded)
        torch.testing.assert_close(logits, whole[t], rtol=0, atol=1e-12)
        last = Y[t].clamp(min=0)


def test_rows_of_what_was_read() -> None:
    model = model_of()
    encoded = model.encode(X, LENGTHS)
    some = encoded.rows(torch.tensor([2, 0]))
    last = torch.zeros(2, dtype=torch.long)
    logits, _ = model.step(last, some.state, some)
    wanted, _ = model.step(torch.zeros(B, dtype=torch.long), encoded.state, encoded)
    torch.testing.assert_close(logits, wanted[[2, 0]], rtol=0, atol=1e-12)


@pytest.mark.parametrize("norm", NORMS)
def test_the_trace_is_what_is_said(norm: str) -> None:
    model = model_of(norm=norm)
    x, y = X[:, 0], Y[:, 0]
    told = model.trace(x, y)
    torch.testing.assert_close(told["logits"], model(x[:, None], y[:, None]), rtol=0, atol=1e-12)
    assert torch.equal(model.says(x, y), told["logits"][:, 0])
    for name, shape in (
        ("enc.l1.attn.weights", (1, 2, S, S)),
        ("dec.l0.attn.weights", (1, 2, T, T)),
        ("dec.l1.cross.weights", (1, 2, T, S)),
        ("dec.l0.cross.v", (1, 2, S, 4)),
        ("enc.l0.hidden", (S, 1, 9)),
        ("dec.l1.h", (T, 1, 8)),
    ):
        assert told[name].shape == shape
        if name.endswith("weights"):
            torch.testing.assert_close(told[name].sum(-1), torch.ones(shape[:-1]).double())
    assert not told["dec.l0.attn.weights"].triu(1).any()
    looks = model.looks(x, y)
    torch.testing.assert_close(looks, told["dec.l1.cross.weights"][0].mean(0))
    last = told["dec.l1.h"] if norm == "post" else model.decoder.norm(told["dec.l1.h"])
    torch.testing.assert_close(told["dec.h"], last)


@pytest.mark.parametrize("name", ["enc.l0.attn.weights", "dec.l1.attn.weights", "dec.l0.cross.weights"])
def test_one_row_of_weights_set_by_hand(name: str) -> None:
    model = model_of()
    x, y = X[:, 0], Y[:, 0]
    plain, forced = model.trace(x, y), model.trace(x, y, forcing([(name, 1, 2, 0)]))
    rows = [(head, row) for head in range(2) for row in range(plain[name].shape[2])]
    for head, row in rows:
        one, other = plain[name][0, head, row], forced[name][0, head, row]
        if (head, row) == (1, 2):
            assert other.tolist() == [1.0] + [0.0] * (len(other) - 1)
        else:
            assert torch.equal(one, other)
    before = 2 if name.startswith("dec") else 0
    assert torch.equal(plain["logits"][:before], forced["logits"][:before])
    assert not torch.equal(plain["logits"][before:], forced["logits"][before:])


@pytest.mark.parametrize("seed", range(4))
def test_it_writes_what_teacher_forcing_finds_likeliest(seed: int) -> None:
    model = model_of(seed, context=20)
    texts = ["abc", "f", "deadbeef", "a?c"]
    x = nn.utils.rnn.pad_sequence([model.ids(text) for text in texts])
    ids = greedy(model, x, torch.tensor([len(text) for text in texts]), longest=9)
    for row, text in enumerate(texts):
        beam = write(model, text, longest=9)
        assert beam.text == model.target_text(ids[:, row])
        assert model.says(model.ids(text), torch.tensor(beam.ids)).argmax(-1).tolist() == list(beam.ids)
        assert beam_search(model, text, width=1, longest=9)[0].ids == beam.ids
        wide = beam_search(model, text, width=4, longest=3)
        for each in wide:
            said = model.says(model.ids(text), torch.tensor(each.ids)).log_softmax(-1)
            wanted = said[range(len(each.ids)), each.ids].sum().item()
            assert each.log_prob == pytest.approx(wanted, abs=1e-9)


def test_it_ends_where_its_places_end() -> None:
    model = model_of(context=5)
    with torch.no_grad():
        model.out.weight.zero_()
        model.out.bias.copy_(torch.tensor([0.0, 1.0, 0.0, 0.0]))  # it never comes to the end
    beam = write(model, "abc", longest=50)
    assert beam.text == "xxxxx"
    assert not beam.ended
    assert len(greedy(model, model.ids("abc")[:, None], longest=50)) == 5


def test_what_it_cannot_do_is_said() -> None:
    model = model_of(context=5)
    with pytest.raises(ValueError, match="reads 1 to 5 tokens, not 6"):
        write(model, "abcabc")
    with pytest.raises(ValueError, match="writes 1 to 5 tokens, not 7"):
        model.trace(model.ids("a"), model.target_ids("xyxyxy"))
    with pytest.raises(ValueError, match="heads, and 3 do not divide 8"):
        model_of(heads=3)
    with pytest.raises(ValueError, match="needs a vocabulary"):
        TransformerSeq2Seq(3, ("x",))  # type: ignore[arg-type]
    part = model.config | {"bidirectional": True}
    with pytest.raises(ValueError, match="one direction, so bidirectional should be false"):
        TransformerSeq2Seq.of(
            part, SOURCE, cell="transformer", input="embedding", hidden=8, layers=2, directions=2
        )
