"""A training step by Keras on TensorFlow, in the three ways in which it can run a recurrent layer."""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from torch import Tensor

from benchmarks.parts.training import CLIP, RATE
from benchmarks.problems import Problem
from benchmarks.timing import Contender

LAYERS = {"rnn": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM, "gru": keras.layers.GRU}


def builders(problem: Problem) -> dict[str, Callable[[], Contender]]:
    """A loop in the graph, one that is unrolled, and the loop compiled by XLA."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    return {
        "Keras": partial(step_of, problem),
        "Keras unrolled": partial(step_of, problem, unroll=True),
        "Keras XLA": partial(step_of, problem, compiled=True),
    }


def model_of(problem: Problem, unroll: bool = False) -> Any:
    """The problem's layers and output layer, with its weights."""
    size = problem.reference
    steps, batch, width = problem.rows.shape
    stack = [
        LAYERS[problem.cell](size.hidden_size, return_sequences=True, unroll=unroll)
        for _ in range(size.num_layers)
    ]
    head = keras.layers.Dense(width)
    model = keras.Sequential([keras.Input((steps, width), batch_size=batch), *stack, head])
    for layer, weights in zip(stack, size.all_weights, strict=True):
        layer.set_weights(keras_weights(problem.cell, *weights))
    head.set_weights([problem.head.weight.detach().numpy().T, problem.head.bias.detach().numpy()])
    return model


def keras_weights(cell: str, *weights: Tensor) -> list[np.ndarray]:
    """torch.nn's four weights of a layer as Keras has them: transposed, and a GRU's z before its r."""
    w_ih, w_hh, b_ih, b_hh = (weight.detach().numpy() for weight in weights)
    if cell != "gru":
        return [w_ih.T, w_hh.T, b_ih + b_hh]
    size = w_hh.shape[1]
    order = np.r_[size : 2 * size, :size, 2 * size : 3 * size]
    return [w_ih[order].T, w_hh[order].T, np.stack([b_ih[order], b_hh[order]])]


def step_of(problem: Problem, unroll: bool = False, compiled: bool = False) -> Contender:
    """A whole training step -> its loss. Keras reads (B, T, V)."""
    model = model_of(problem, unroll)
    optimizer = keras.optimizers.Adam(RATE, epsilon=1e-8)
    optimizer.build(model.trainable_variables)
    rows = tf.constant(problem.rows.transpose(0, 1).numpy())
    targets = tf.constant(problem.expected().t().numpy())

    @tf.function(jit_compile=compiled)
    def step(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            logits = model(x, training=True)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits))
        gradients = tape.gradient(loss, model.trainable_variables)
        gradients, _ = tf.clip_by_global_norm(gradients, CLIP)
        optimizer.apply(gradients, model.trainable_variables)
        return loss

    return lambda: step(rows, targets).numpy()
