"""A training step by JAX: `lax.scan` over the steps, differentiated and compiled as one function."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.nn import sigmoid

from benchmarks.parts.training import CLIP, RATE
from benchmarks.problems import Problem
from benchmarks.timing import Contender

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
Weights = Any  # a tree of arrays


def builders(problem: Problem) -> dict[str, Callable[[], Contender]]:
    """JAX is one contender; it computes on the thread that asks, as the others do."""
    jax.config.update("jax_cpu_enable_async_dispatch", False)
    return {"JAX": partial(step_of, problem)}


def lstm(w: Any, b: Any, state: Any, a: Any) -> tuple[Any, Any]:
    """One step; w: W_hh^T; b: b_hh, here in a already; a: what the input gives to the sums, (B, 4H)."""
    h, c = state
    i, f, g, o = jnp.split(a + h @ w, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * jnp.tanh(g)
    h = sigmoid(o) * jnp.tanh(c)
    return (h, c), h


def gru(w: Any, b: Any, h: Any, a: Any) -> tuple[Any, Any]:
    """One step; b: b_hh, which the reset gate acts on; a: without it, (B, 3H)."""
    x_r, x_z, x_n = jnp.split(a, 3, axis=1)
    h_r, h_z, h_n = jnp.split(h @ w + b, 3, axis=1)
    n = jnp.tanh(x_n + sigmoid(x_r + h_r) * h_n)
    z = sigmoid(x_z + h_z)
    h = (1 - z) * n + z * h
    return h, h


def rnn(w: Any, b: Any, h: Any, a: Any) -> tuple[Any, Any]:
    """One step; a, (B, H), has b in it."""
    h = jnp.tanh(a + h @ w)
    return h, h


CELLS = {"lstm": lstm, "gru": gru, "rnn": rnn}


def loss_of(weights: Weights, rows: Any, targets: Any, cell: str) -> Any:
    """The mean cross entropy; the inputs of all steps are projected in one product before the scan."""
    x, (w_out, b_out) = rows, weights["head"]
    for w_ih, w_hh, b_ih, b_hh in weights["layers"]:
        zeros = jnp.zeros((x.shape[1], len(w_hh)))
        a = x @ w_ih + (b_ih if cell == "gru" else b_ih + b_hh)
        start = (zeros, zeros) if cell == "lstm" else zeros
        _, x = lax.scan(partial(CELLS[cell], w_hh, b_hh), start, a)
    logits = jax.nn.log_softmax(x @ w_out + b_out)
    return -jnp.mean(jnp.take_along_axis(logits, targets[..., None], axis=2))


@partial(jax.jit, static_argnames="cell", donate_argnums=(0, 1, 2))
def train_step(
    weights: Weights, mean: Weights, square: Weights, count: Any, rows: Any, targets: Any, cell: str
) -> Any:
    """Loss, gradient, clipping by the global norm, Adam."""
    loss, gradients = jax.value_and_grad(loss_of)(weights, rows, targets, cell)
    norm = jnp.sqrt(sum(jnp.sum(g * g) for g in jax.tree.leaves(gradients)))
    gradients = jax.tree.map(lambda g: g * jnp.minimum(1.0, CLIP / (norm + 1e-6)), gradients)
    mean = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, mean, gradients)
    square = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, square, gradients)
    rate, root = RATE / (1 - BETA1**count), jnp.sqrt(1 - BETA2**count)
    weights = jax.tree.map(
        lambda w, m, v: w - rate * m / (jnp.sqrt(v) / root + EPSILON), weights, mean, square
    )
    return loss, weights, mean, square


def step_of(problem: Problem) -> Contender:
    """A whole training step -> its loss."""

    def turned(weight: Any) -> Any:
        return jnp.array(weight.detach().numpy().T)

    weights = {
        "layers": [[turned(weight) for weight in layer] for layer in problem.reference.all_weights],
        "head": [turned(problem.head.weight), turned(problem.head.bias)],
    }
    mean, square = (jax.tree.map(jnp.zeros_like, weights) for _ in range(2))
    rows, targets = jnp.array(problem.rows.numpy()), jnp.array(problem.expected().numpy())
    count = 0.0

    def step() -> float:
        nonlocal weights, mean, square, count
        count += 1
        loss, weights, mean, square = train_step(
            weights, mean, square, count, rows, targets, cell=problem.cell
        )
        jax.block_until_ready(weights)
        return float(loss)

    return step
