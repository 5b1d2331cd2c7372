"""What is told of the inside of a network while it learns."""

import numpy as np

STEPS = (0, 1, 2, 4, 8, 16)
GATES = {"lstm": "ifgo", "gru": "rzn", "rnn": "h"}
SIGMOIDS = {"lstm": "ifo", "gru": "rz", "rnn": ""}
BOTH = ("enc.l0", "enc.l0r", "dec.l0")


def five(random):
    return sorted(float(f"{value:.6g}") for value in random.normal(0, 0.3, 5))


def events(cell="lstm", layers=("l0", "l1"), steps=STEPS, seed=0):
    """The log of a run with what is told of the weights that were kept, and other events between."""
    random = np.random.default_rng(seed)
    names = [
        f"{layer}.{matrix}.{gate}"
        for layer in layers
        for matrix in ("W_ih", "W_hh", "b_ih", "b_hh")
        for gate in GATES[cell]
    ]
    told = []
    for step in steps:
        weights = {name: five(random) for name in [*names, "out.weight", "out.bias"]}
        gradients = {name: five(random) for name in weights} if step else {}
        for name in gradients:  # torch's gradients of both biases, which are added to the same sum
            if ".b_hh" in name and (cell != "gru" or not name.endswith("n")):
                gradients[name] = gradients[name.replace("b_hh", "b_ih")]
        shares = {
            f"{layer}.{gate}": (random.dirichlet([1, 1, 1])[:2]).tolist()
            for layer in layers
            for gate in SIGMOIDS[cell]
        }
        told.append(
            {"kind": "kept", "step": step, "weights": weights, "gradients": gradients, "saturated": shares}
        )
        told.append({"kind": "step", "step": step + 1, "loss": 1.0})
    return told


def kept(told):
    return [event for event in told if event["kind"] == "kept"]
