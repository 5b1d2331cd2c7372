"""What is told of the weights and the gates of each kind of model."""

import pytest
import torch

from rnnviz.training.inside import quantiles, saturated
from rnnviz.training.loop import Training
from tests.training.short import kind


@pytest.mark.parametrize("name", ["dates", "backwards, without looking"])
def test_of_an_encoder_and_a_decoder_each_gate_is_told(name: str) -> None:
    training = Training(*kind(name))
    model, batch = training.model, training.batches(3)
    both = model.directions == 2
    layers = ["enc.l0", *(["enc.l0r"] if both else []), "dec.l0"]
    letters, all_gates = ("rz", "rzn") if model.cell == "gru" else ("ifo", "ifgo")
    told = saturated(model, batch)
    assert set(told) == {f"{layer}.{letter}" for layer in layers for letter in letters}
    names = set(quantiles(model))
    assert {f"{layer}.W_hh.{gate}" for layer in layers for gate in all_gates} <= names
    assert {"out.weight", "out.bias"} <= names
    assert ("join.weight" in names) == (model.attention != "none")


def test_shares_count_what_is_read_and_written_and_nothing_beyond_it() -> None:
    """Each row alone: their gates, side by side, are those of the batch."""
    problem, chosen = kind("dates")
    training = Training(problem, chosen)
    with torch.no_grad():
        for weight in training.model.parameters():
            weight.mul_(6.0)  # so that gates do saturate
    pairs = [problem.held_out[0], problem.held_out[1]._replace(target="2026")]  # type: ignore[attr-defined]
    assert len(pairs[0].source) != len(pairs[1].source)
    model = training.model.eval()
    together = saturated(model, problem.batch(pairs, training.device))  # type: ignore[attr-defined]
    values: dict[str, list[torch.Tensor]] = {name: [] for name in together}
    for pair in pairs:
        told = model.trace(model.ids(pair.source), model.target_ids(pair.target))
        for name in values:
            side = told.encoder if name.startswith("enc.") else told.decoder
            values[name].append(side[name[4:]].flatten())
    for name, parts in values.items():
        gates = torch.cat(parts)
        wanted = [(gates < 0.1).float().mean().item(), (gates > 0.9).float().mean().item()]
        assert together[name] == pytest.approx(wanted, abs=1e-6)
    assert sum(map(sum, together.values())) > 0.1


def test_a_transformer_has_no_gates_and_tells_its_weights() -> None:
    training = Training(*kind("a transformer"))
    assert saturated(training.model, training.batches(1)) == {}
    told = quantiles(training.model)
    count = sum(3 if "in_proj" in name else 1 for name, _ in training.model.named_parameters())
    assert len(told) == count
    assert {"emb.weight", "l0.self_attn.in_proj_weight.q", "l1.linear2.bias", "out.weight"} <= set(told)
    rows = training.model.encoder.layers[1].self_attn.in_proj_weight.detach()[8:16]
    levels = torch.tensor([0.05, 0.25, 0.5, 0.75, 0.95])
    wanted = torch.quantile(rows, levels).tolist()
    assert told["l1.self_attn.in_proj_weight.k"] == pytest.approx(wanted)


def test_of_a_transformer_that_writes_the_weights_of_both_sides_are_told() -> None:
    training = Training(*kind("backwards, by a transformer"))
    model = training.model
    assert saturated(model, training.batches(1)) == {}
    told = quantiles(model)
    assert len(told) == sum(3 if "in_proj" in name else 1 for name, _ in model.named_parameters())
    sides = {"enc.l0.self_attn.in_proj_weight.v", "dec.l1.self_attn.in_proj_bias.q", "source_emb.weight"}
    assert sides | {"dec.l0.multihead_attn.in_proj_weight.k", "enc.l1.norm2.bias", "out.bias"} <= set(told)
    rows = model.decoder.layers[1].multihead_attn.in_proj_weight.detach()[16:24]
    wanted = torch.quantile(rows, torch.tensor([0.05, 0.25, 0.5, 0.75, 0.95])).tolist()
    assert told["dec.l1.multihead_attn.in_proj_weight.v"] == pytest.approx(wanted)
    loss, _, _ = training.problem.loss(model, training.batches(1), None)
    loss.backward()
    assert set(quantiles(model, gradients=True)) == set(told)
