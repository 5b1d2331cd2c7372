"""What a worker does, and what the page shows of it."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
from streamlit.testing.v1 import AppTest

from rnnviz.training.work import work


def train(folder: Path) -> None:
    """What a worker does."""
    for _ in work(folder):
        pass


def points(at: AppTest, chart: int = 0) -> list[dict[str, Any]]:
    """The numbers of a chart, the metric's being the first."""
    proto = at.get("vega_lite_chart")[chart].proto
    data = proto.data.data or proto.datasets[0].data.data
    return list(pa.ipc.open_stream(data).read_pandas().to_dict("records"))


def film_of(at: AppTest) -> dict[str, Any]:
    """Its data, where the ribbon and the player stand below it."""
    (shown,) = (each.proto for each in at.get("bidi_component") if each.proto.id.endswith("-film"))
    return dict(json.loads(shown.bytes))
