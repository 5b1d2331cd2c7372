"""Frames of a film."""

import dataclasses

from rnnviz.traces import Trace
from tests.views.made import make_trace

STEPS = (0, 1, 4, 16, 64, 1024)


def frames(steps=STEPS, text="time", **options):
    return {step: make_trace(text, seed=seed, **options) for seed, step in enumerate(steps)}


def domained(trace, name, domain, factor=1.0):
    quantity = dataclasses.replace(trace[name], domain=domain, values=trace[name].values * factor)
    return Trace(trace.labels, {**trace.quantities, name: quantity})
