"""rnnviz, a microscope for recurrent networks.

    import rnnviz

    model = rnnviz.load("timemachine-lstm")
    trace = rnnviz.trace(model, "time traveller")
    trace["l0.f"].values  # the forget gate, (steps, units)
    rnnviz.views.heatmap(trace, "l0.f").show()

Names are imported when they are first used, so that a saved trace can be read and drawn without torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rnnviz import analysis, attention, cells, gradients, nn, views
    from rnnviz.api import (
        ablate,
        catalogue,
        connectivity,
        edit,
        exam,
        explain,
        generate,
        kept_steps,
        load,
        load_at,
        loss_to_states,
        perplexity,
        sample,
        state_gradients,
        state_to_states,
        trace,
        write_on,
    )
    from rnnviz.traces import Quantity, Trace

__version__ = "0.1.0"
__all__ = [
    "Quantity", "Trace", "ablate", "analysis", "attention", "catalogue", "cells", "connectivity", "edit",
    "exam", "explain", "generate", "gradients", "kept_steps", "load", "load_at", "loss_to_states", "nn",
    "perplexity", "sample", "state_gradients", "state_to_states", "trace", "views", "write_on",
]  # fmt: skip

_API = (
    "ablate", "catalogue", "connectivity", "edit", "exam", "explain", "generate", "kept_steps", "load",
    "load_at", "loss_to_states", "perplexity", "sample", "state_gradients", "state_to_states", "trace",
    "write_on",
)  # fmt: skip
_HOMES = dict.fromkeys(_API, "rnnviz.api") | dict.fromkeys(("Quantity", "Trace"), "rnnviz.traces")


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name in __all__:
        return import_module(f"rnnviz.{name}")
    raise AttributeError(f"rnnviz has no {name!r}; it has {', '.join(__all__)}.")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
