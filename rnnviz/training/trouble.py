"""What can go wrong with a run, in sentences."""

import torch

NO_MEMORY = ("can't allocate memory", "not enough memory", "out of memory")  # says torch, on its devices


def sentence(error: Exception) -> str:
    """What a run's status says of an error that ended its work."""
    first = next(iter(str(error).splitlines()), "")[:500]
    if isinstance(error, OSError):
        return f"The run could not be written: {error.strerror or first}. What was saved before is whole."
    if isinstance(error, MemoryError) or any(words in first for words in NO_MEMORY):
        return "There is not enough memory for a model or batches of this size: choose smaller ones."
    return first if isinstance(error, ValueError) and first else f"{type(error).__name__}: {first}"


def checked_device(device: str) -> torch.device:
    """A device that is there. Raises ValueError for another."""
    try:
        chosen = torch.device(device)
        torch.empty(0, device=chosen)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise ValueError(f"The device {device!r} cannot be used: {reason}.") from None
    return chosen
