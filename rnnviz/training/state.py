"""state.safetensors: all that a training needs to go on to the very same bits, in one file without pickle.

Random numbers are not in it: they are a function of the seed and the step.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from rnnviz.files import read_capped, replace_whole
from rnnviz.settings import Settings
from rnnviz.training.loop import Progress, Training

FORMAT = 1
MOST_BYTES = 1 << 30
WEIGHTS, OPTIMIZER, CARRIED = "weights.", "optimizer.", "carried."


def save_state(training: Training, path: Path, place: Mapping[str, int]) -> None:
    """place: where in its files the run is, such as the length of events.jsonl; `load_state` returns it."""
    tensors = {WEIGHTS + name: value for name, value in training.model.state_dict().items()}
    for number, values in training.optimizer.state_dict()["state"].items():
        tensors |= {f"{OPTIMIZER}{number}.{key}": value for key, value in values.items() if value is not None}
    state = training.state
    parts = () if state is None else (state,) if isinstance(state, Tensor) else state
    tensors |= {f"{CARRIED}{k}": part for k, part in enumerate(parts)}
    numbers = {
        "format": FORMAT,
        "progress": asdict(training.progress),
        "settings": asdict(training.settings),
        "tuple": isinstance(state, tuple),
        "place": dict(place),
    }
    plain = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    replace_whole(path, save(plain, {"rnnviz": json.dumps(numbers)}))


def settings_of(path: Path) -> Settings:
    """The settings with which a saved training goes on: some may have been changed on the way."""
    return Settings(**_numbers(_bytes(path), path.name)["settings"])


def load_state(training: Training, path: Path) -> dict[str, int]:
    """Puts a new training of the same problem and settings where a saved one was; returns its place.

    Raises ValueError with a sentence for a file that is damaged, or of another model.
    """
    data = _bytes(path)
    numbers = _numbers(data, path.name)
    try:
        tensors = load(data)
        training.model.load_state_dict(_under(WEIGHTS, tensors))
        _restore(training.optimizer, _under(OPTIMIZER, tensors))
        parts = [value.to(training.device) for _, value in sorted(_under(CARRIED, tensors).items())]
        training.state = None if not parts else tuple(parts) if numbers["tuple"] else parts[0]
        known = {f.name for f in fields(Progress)}
        training.progress = Progress(**{k: v for k, v in numbers["progress"].items() if k in known})
    except (SafetensorError, RuntimeError, KeyError, TypeError, IndexError) as error:
        reason = str(error).splitlines()[0][:200]
        raise ValueError(f"{path.name} is damaged, or of another model: {reason}") from None
    return {str(name): int(value) for name, value in numbers["place"].items()}


def _restore(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    whole = optimizer.state_dict()
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        number, _, key = name.partition(".")
        state.setdefault(int(number), {})[key] = value
    optimizer.load_state_dict({"state": state, "param_groups": whole["param_groups"]})


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name[len(prefix) :]: value for name, value in tensors.items() if name.startswith(prefix)}


def _bytes(path: Path) -> bytes:
    return read_capped(path, MOST_BYTES)


def _numbers(data: bytes, name: str) -> dict[str, Any]:
    try:
        length = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + length])
        numbers = json.loads(header["__metadata__"]["rnnviz"])
        if numbers["format"] != FORMAT:
            raise KeyError("format")
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ValueError(f"{name} is damaged: the run cannot go on from it.") from None
    found: dict[str, Any] = numbers
    return found
