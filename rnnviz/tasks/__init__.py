"""What can be learned. A new task is one file here and one line below."""

from rnnviz.tasks.base import Task
from rnnviz.tasks.brackets import Brackets
from rnnviz.tasks.counting import Counting
from rnnviz.tasks.dates import Dates
from rnnviz.tasks.hello import Hello
from rnnviz.tasks.mnist import Mnist
from rnnviz.tasks.reverse import Reverse
from rnnviz.tasks.sentiment import Sentiment
from rnnviz.tasks.sine import Sine
from rnnviz.tasks.text import OwnText
from rnnviz.tasks.timemachine import TimeMachine
from rnnviz.tasks.weather import Weather

TASKS: dict[str, type[Task]] = {
    "timemachine": TimeMachine,
    "brackets": Brackets,
    "text": OwnText,
    "hello": Hello,
    "sine": Sine,
    "weather": Weather,
    "mnist": Mnist,
    "sentiment": Sentiment,
    "counting": Counting,
    "dates": Dates,
    "reverse": Reverse,
}


def task_of(config: dict[str, object]) -> Task:
    """The task that a config.json's "task" part describes. Raises ValueError for a wrong one."""
    name = config.get("name")
    if not isinstance(name, str) or name not in TASKS:
        raise ValueError(f"The task is one of {', '.join(TASKS)}, not {name!r}.")
    return TASKS[name].of(config)
