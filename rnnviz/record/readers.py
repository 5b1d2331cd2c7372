"""A recurrent model reads one sequence."""

from torch import Tensor

from rnnviz.cells.unroll import StepEdit
from rnnviz.models.reader import Reader
from rnnviz.nn import State
from rnnviz.record.answers import ANSWERS
from rnnviz.record.layers import difference_from_torch, largest, listed, start_values
from rnnviz.record.pooling import pooling_differences
from rnnviz.record.told import Told, together


def of_reader(model: Reader, x: Tensor, state: State | None, edit: StepEdit | None, compare: bool) -> Told:
    """ids (T, 1) or numbers (T, 1, D) -> every value of the layers, and what is answered."""
    layer = model.rnn.trace(model.read(x), state, edit)
    rows = model.input_rows(x)
    values = {name: value[:, 0] for name, value in layer.values.items()}
    began = start_values(model.rnn, state)
    dims: dict[str, tuple[str, ...]] = {"emb": ("step", "input"), **dict.fromkeys(values, ("step", "unit"))}
    dims |= dict.fromkeys(began, ("unit",))
    read = Told({"emb": rows[:, 0], **listed(values, model.cell), **began}, dims, {}, {})
    said = ANSWERS[model.config["type"]](model, layer.output, x, edit)
    if not compare:
        return together(read, said)
    difference = difference_from_torch(model.rnn, rows, state, layer)
    if "attn.weights" in said.values:
        difference = max(difference, largest(pooling_differences(model, said.values)))
    return together(read, said, Told({}, {}, {}, {"equals_torch": difference}))
