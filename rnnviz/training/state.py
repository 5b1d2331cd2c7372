"""state.safetensors: all that a training needs to go on to the very same bits, in one file without pickle.

Random numbers are not in it: they are a function of the seed and the step.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from safetensors.torch import load, save
from torch import Tensor

from rnnviz.files import read_capped, replace_whole
from rnnviz.settings import Settings
from rnnviz.training.loop import Training
from rnnviz.training.progress import Progress

FORMAT = 1
MOST_BYTES = 1 << 30
WEIGHTS, BEST, OPTIMIZER, CARRIED = "weights.", "best.", "optimizer.", "carried."


@dataclass(frozen=True)
class Saved:
    """What a state.safetensors holds.

    settings: with which the training goes on, some may have been changed on the way; place: where in its
    files the run is, such as the length of events.jsonl.
    """

    settings: Settings
    progress: Progress
    place: dict[str, int]
    is_tuple: bool
    tensors: dict[str, Tensor]

    def under(self, prefix: str) -> dict[str, Tensor]:
        """The tensors of a part of the training."""
        return {name[len(prefix) :]: value for name, value in self.tensors.items() if name.startswith(prefix)}


def save_state(training: Training, path: Path, place: Mapping[str, int]) -> None:
    """Writes down where a training is; place: what else is to be known then, see `Saved`."""
    tensors = {WEIGHTS + name: value for name, value in training.model.state_dict().items()}
    tensors |= {BEST + name: value for name, value in training.best_weights.items()}
    tensors |= {OPTIMIZER + name: value for name, value in training.optimizer.state().items()}
    state = training.state
    parts = () if state is None else (state,) if isinstance(state, Tensor) else state
    tensors |= {f"{CARRIED}{k}": part for k, part in enumerate(parts)}
    numbers = {
        "format": FORMAT,
        "settings": asdict(training.settings),
        "progress": asdict(training.progress),
        "place": dict(place),
        "tuple": isinstance(state, tuple),
    }
    plain = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    told = json.dumps(numbers)
    replace_whole(path, save(plain, {"rnnviz": told, "crc32": _checksum(plain, told)}))


def read_state(path: Path) -> Saved:
    """What was saved. Raises ValueError with a sentence where a single bit of it is not as it was."""
    data = read_capped(path, MOST_BYTES)
    try:
        length = int.from_bytes(data[:8], "little")
        told = json.loads(data[8 : 8 + length])["__metadata__"]
        numbers, tensors = json.loads(told["rnnviz"]), load(data)
        if told["crc32"] != _checksum(tensors, told["rnnviz"]):
            raise ValueError("its checksum is another one")
    except Exception as error:  # the format's library answers damage with errors of several kinds
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise ValueError(f"{path.name} is damaged, so the run cannot go on from it: {reason}.") from None
    if numbers["format"] != FORMAT:
        raise ValueError(f"{path.name} is of another version of rnnviz: the run cannot go on from it.")
    return Saved(
        settings=Settings(**_known(Settings, numbers["settings"])),
        progress=Progress(**_known(Progress, numbers["progress"])),
        place=numbers["place"],
        is_tuple=numbers["tuple"],
        tensors=tensors,
    )


def restore(training: Training, saved: Saved) -> None:
    """Puts a new training of the same problem and settings where the saved one was.

    Raises ValueError where the state is that of another model.
    """
    try:
        training.model.load_state_dict(saved.under(WEIGHTS))
        training.optimizer.load(saved.under(OPTIMIZER))
    except (RuntimeError, KeyError) as error:
        raise ValueError(f"The saved state is of another model: {str(error).splitlines()[0][:200]}") from None
    parts = [value.to(training.device) for _, value in sorted(saved.under(CARRIED).items())]
    training.state = None if not parts else tuple(parts) if saved.is_tuple else parts[0]
    training.best_weights = {name: value.to(training.device) for name, value in saved.under(BEST).items()}
    training.progress = saved.progress


def _checksum(tensors: Mapping[str, Tensor], told: str) -> str:
    """Of all that the file says."""
    found = zlib.crc32(told.encode())
    for name, value in sorted(tensors.items()):
        found = zlib.crc32(f"{name} {value.dtype} {list(value.shape)}".encode(), found)
        found = zlib.crc32(value.numpy().tobytes(), found)
    return f"{found:08x}"


def _known(kind: type, values: Mapping[str, Any]) -> dict[str, Any]:
    return {f.name: values[f.name] for f in fields(kind) if f.name in values}
