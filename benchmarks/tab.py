"""A page of the app, open without a browser: a websocket client that does what Streamlit's own does."""

import asyncio
import time
from contextlib import suppress
from typing import Any


class Tab:
    """One open page. It answers the page's timers, and can set its widgets and press its buttons.

    seconds: of each answer, from asking to the end of the script, while nothing else was asked.
    """

    def __init__(self, server: str, page: str = "", query: str = "") -> None:
        self.url, self.page, self.query = server.replace("http", "ws") + "/_stcore/stream", page, query
        self.seconds: list[float] = []
        self.answered = asyncio.Event()
        self._ids: dict[str, str] = {}
        self._asked: float | None = None
        self._socket: Any = None

    async def live(self, seconds: float) -> None:
        """Open the page, answer its timers, and leave it after some seconds."""
        from websockets.asyncio.client import connect

        async with connect(self.url, max_size=None, subprotocols=["streamlit"]) as self._socket:  # type: ignore[list-item]
            await self._ask()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._listen()

    async def set(self, key: str, **value: Any) -> None:
        """Give the widget with this key a value, such as `string_value="a"` or `trigger_value=True`."""
        self.answered.clear()
        await self._ask(widgets={self._ids[key]: value})
        await self.answered.wait()

    async def _listen(self) -> None:
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        timers: dict[str, asyncio.Task[None]] = {}
        try:
            async for data in self._socket:
                message = ForwardMsg.FromString(data)
                kind = message.WhichOneof("type")
                if kind == "auto_rerun":
                    timer = message.auto_rerun
                    if old := timers.pop(timer.fragment_id, None):
                        old.cancel()
                    timers[timer.fragment_id] = asyncio.create_task(self._again(timer))
                elif kind == "delta":
                    self._note(message.delta.new_element)
                elif kind == "script_finished" and self._asked is not None:
                    self.seconds.append(time.monotonic() - self._asked)
                    self._asked = None
                    self.answered.set()
        finally:
            for task in timers.values():
                task.cancel()

    def _note(self, element: Any) -> None:
        widget = getattr(element, element.WhichOneof("type") or "", None)
        name = getattr(widget, "id", "")
        if isinstance(name, str) and name.startswith("$$"):  # it ends in the key that the page gave it
            self._ids[name.rsplit("-", 1)[-1]] = name

    async def _again(self, timer: Any) -> None:
        while True:
            await asyncio.sleep(timer.interval)
            await self._ask(timer.fragment_id)

    async def _ask(self, fragment: str = "", widgets: dict[str, dict[str, Any]] | None = None) -> None:
        from streamlit.proto.BackMsg_pb2 import BackMsg

        message = BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.page_name = self.page
        for name, value in (widgets or {}).items():
            message.rerun_script.widget_states.widgets.add(id=name, **value)
        if fragment:
            message.rerun_script.fragment_id = fragment
            message.rerun_script.is_auto_rerun = True
        if self._asked is None:
            self._asked = time.monotonic()
        await self._socket.send(message.SerializeToString())
