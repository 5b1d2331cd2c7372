"""The number of parameters does not grow with the number of steps; the work does."""

from dataclasses import dataclass

from rnnviz.nn import LAYERS


@dataclass(frozen=True)
class Growth:
    """What a text of `steps` tokens costs.

    parameters: of the layer. products: multiplications by its weights, for all steps. unshared: parameters
    if each step had weights of its own. flat: of a perceptron of as many units that reads all steps at once.
    """

    steps: int
    parameters: int
    products: int
    unshared: int
    flat: int


def growth(cell: str = "rnn", inputs: int = 28, units: int = 32, steps: int = 35) -> Growth:
    """Counted on a layer itself, not by a formula. cell: a name in `rnnviz.nn.LAYERS`."""
    rnn = LAYERS[cell](inputs, units)
    parameters = sum(weight.numel() for weight in rnn.parameters())
    once = sum(weight.numel() for weight in rnn.parameters() if weight.dim() == 2)
    flat = steps * inputs * units + units
    return Growth(steps, parameters, steps * once, steps * parameters, flat)
