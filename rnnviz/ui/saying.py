"""Sentences about trainings: what a run is doing, what was found, what to look for in its film."""

from collections.abc import Sequence

from rnnviz.ui.words import choice, duration, plain
from rnnviz.views.panels.looks import called, layer_of_weights
from rnnviz.views.tokens import number, quoted
from rnnviz.views.words import PARTS, SIDES, layer_of

_DOING = {
    "running": "is learning", "paused": "is paused", "stopped": "was stopped", "finished": "has finished",
    "halted": "has halted", "dead": "has lost its worker",
}  # fmt: skip


def doing(state: str, name: str, waiting: Sequence[str]) -> str:
    """What a run is doing: `sine-gru is learning`, `sine-gru waits, 2nd in the queue`."""
    if state != "queued":
        return f"{plain(name)} {_DOING[state]}"
    if name not in waiting:
        return f"{plain(name)} is about to begin"
    place = waiting.index(name) + 1
    return f"{plain(name)} waits, number {place} of {len(waiting)} in the queue"


def unreadable(name: str) -> str:
    """What is said of a run whose folder is damaged."""
    return f"{plain(name)} cannot be read"


def no_worker() -> str:
    """Why a run waits though nobody else is at work."""
    return (
        "Nobody has taken it for 10 seconds. The app keeps a worker ready by itself; if this goes on, start "
        "one at the terminal:  python -m rnnviz worker RUNS"
    )


def limits(help: str, usual: object, least: float | None, most: float | None) -> str:
    """What a control is for, and its range: `Units of a layer. Default 32, from 1 to 4,096.`"""
    said = [f"Default {_value(usual)}"]
    if least is not None and most is not None:
        said.append(f"from {_value(least)} to {_value(most)}")
    elif least is not None:
        said.append(f"at least {_value(least)}")
    return f"{plain(help[:1].upper() + help[1:])}. {', '.join(said)}."


def _value(value: object) -> str:
    """A value of a setting in words: `4,096`, `0.004`, `LSTM`."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:,.10g}"
    return choice(value)


def before_halt(norms: Sequence[float | None]) -> str:
    """How the gradient grew before a run halted: `The length of its gradient: 1.2, 340, 5,600,000.`"""
    shown = [number(norm) if norm is not None else "infinite" for norm in norms[-_NORMS:]]
    if not shown:
        return ""
    return f"The length of its gradient in the last steps before: {', '.join(shown)}."


_NORMS = 5  # lengths in one sentence


def come_along(title: str, count: int) -> str:
    """What is shown where nothing was trained yet."""
    models = f"{count} models that come along" if count > 1 else "a model that comes along"
    return f"Until then, this is how {models} learned: {title}."


def did(name: str, step: int) -> str:
    """What a sample is of: `sine-gru before training`, `sine-gru after 1,240 steps`."""
    if step == 0:
        return f"{name} before training"
    return f"{name} after {step:,} steps" if step > 1 else f"{name} after 1 step"


def no_run(asked: str, newest: str = "") -> str:
    """The answer to an address of a run that is not there: the newest run instead, if there is any."""
    instead = f", so this is {newest}, the newest one" if newest else ""
    return f"There is no run {quoted(asked if len(asked) <= _ASKED else asked[:_ASKED] + '…')} here{instead}."


_ASKED = 40  # characters of a name that is not there


def other_metric(names: Sequence[str], metric: str) -> str:
    """Why some runs are not on the axes of another."""
    verb = "is" if len(names) == 1 else "are"
    return f"{', '.join(names)} {verb} not judged by {metric}, and so not on these axes."


def differing(shown: str, settings: Sequence[str], count: int) -> str:
    """What is stressed in the table of runs. count: of runs with the task of the one shown."""
    if count == 1:
        return (
            f"When another run has the task of {shown}, the settings in which they differ are columns here."
        )
    if not settings:
        return (
            f"All {count} runs of this task have the same settings and the same seed, and so the same curves."
        )
    return (
        f"The columns from {settings[0]} on are the settings in which the runs of this task differ; those "
        f"that are stressed are not as in {shown}."
    )


_FILMS = {
    "text seq2seq": "what is read, downwards, what should be written, to the right, and where the network "
    "as it was then looked for it. Look for the frame in which the grey becomes a path.",
    "text transformer_seq2seq": "what is read, downwards, what should be written, to the right, and where "
    "the network as it was then looked for it, on average over its heads. Look for the frame in which the "
    "grey becomes a path.",
    "text transformer_language": "the whole sentence, read by the network as it was then. Look for the frame "
    "in which the grey of its attention becomes a pattern: each step looks back at something of its own.",
    "text language": "the whole sentence, read by the network as it was then. Look for rows that come to "
    "keep their colour over several characters: that is where it begins to remember.",
    "text": "the whole sentence, read by the network as it was then. Look for the column where the late "
    "frames part from the early ones: there it has learned to tell what it reads.",
    "series": "the whole series, read by the network as it was then. Look for rows that begin to swing with "
    "it, each with a phase of its own: of those the answer is made.",
    "series classifier": "the whole series, read by the network as it was then. Look for the column where "
    "the late frames part from the early ones: there it has learned to tell what it reads.",
    "image": "one picture, read row by row by the network as it was then. Look for the column from which on "
    "the rows keep their colour: there it has made up its mind.",
}


def film(kind: str, type: str) -> str:
    """What to look for in a film of a model of this type, by what it reads."""
    return f"Each frame is {_FILMS.get(f'{kind} {type}') or _FILMS.get(kind, _FILMS['text'])}"


def layer(name: str) -> str:
    """A layer on a button: `layer 1` for `l0`, `embedding` for `emb`."""
    named = layer_of(f"{name}.")
    return named or {"out": "answers", **PARTS}.get(name, name)


def step_of(layer: str, step: int, tokens: Sequence[str]) -> str:
    """Which step of which layer is looked at: `layer 1 at step 7 'e'`."""
    return f"{layer_of(f'{layer}.')} at step {step} {quoted(tokens[step])}"


def gradient_of(what: str, loss: float, cut: int | None) -> str:
    """What the gradient is the gradient of, and how far it goes back."""
    way = f"is cut after every {cut} steps" if cut else "goes all the way back to the first step"
    return f"L is the mean loss of {what}, {number(loss)}; its gradient {way}."


def in_numbers(layer: str, unit: int, step: int, tokens: Sequence[str]) -> str:
    """Whose numbers the equations hold: `Unit 12 of layer 1 at step 7 'e', in numbers`."""
    return f"Unit {unit} of {step_of(layer, step, tokens)}, in numbers"


def quantity(name: str, several: bool) -> str:
    """A quantity on a button: `$h$`, or of several layers `$h_1$`; `answer` for `out.answer`."""
    if name.endswith(".weights") and name.startswith(tuple(SIDES)):  # an encoder and a decoder that look
        return f"{_OUTPUTS['weights']}, {called(layer_of_weights(name))}"
    layer, _, letter = name.rpartition(".")
    layer = layer.removeprefix("dec.")  # what is written is the decoder's
    if not layer_of(name):
        said = _OUTPUTS.get(letter, letter)
        of_layer = layer_of(name.replace(".attn.", "."))  # of a transformer each layer looks
        return f"{said}, {of_layer}" if of_layer else said
    sign = rf"\overleftarrow{{{letter}}}" if layer.endswith("r") else letter
    return f"${sign}_{int(layer[1:].removesuffix('r')) + 1}$" if several else f"${sign}$"


_OUTPUTS = {"prob": "chances", "answer": "answer", "weights": "attention"}


def progress(step: int, steps: int, seconds: float, speed: float | None, tokens: float | None) -> str:
    """How far a run is: `step 1,240 of 4,000 · 23 s of work · 50 steps a second · 1 min left`."""
    parts = [f"step {step:,} of {steps:,}"]
    if seconds:
        parts.append(f"{duration(seconds)} of work")
    if tokens:
        parts.append(f"{number(tokens)} tokens a second")
    if speed and step < steps:
        parts.append(f"{duration((steps - step) / speed)} left")
    return " · ".join(parts)
