"""What surrounds the pages: warm-up, the route for plotly.js, headers, and the last word on errors."""

import gc
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import anyio
import streamlit as st
from starlette.middleware import Middleware

from rnnviz.folders import runs_folder
from rnnviz.training.keeper import Keeper
from rnnviz.ui import gallery, plotlyjs

logger = logging.getLogger("rnnviz")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Message, Receive, Send], Awaitable[None]]


@cache
def prepare() -> None:
    """Set the process up for pages that compute; safe to call from anywhere, done once."""
    from rnnviz.threads import one_thread

    one_thread()
    # The thread that sends waits for the one that computes: at most this long, in seconds, instead of 0.005.
    sys.setswitchinterval(0.0005)


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Do what the first visitor would otherwise wait for, before the server answers; and keep workers."""
    await anyio.to_thread.run_sync(warm)
    keeper = Keeper(runs_folder())
    try:
        keeper.start()
    except OSError:  # a place where nothing can be written: the pages can still show what there is
        logger.exception("there will be no training: %s cannot be written", keeper.runs)
    yield
    keeper.stop()


def warm() -> None:
    """Import torch, load the default model, trace its example; then freeze what that left in memory.

    A garbage collection that walks through all of torch holds the interpreter, and every page, for 0.1 s.
    """
    prepare()
    try:
        entry = gallery.shelf("Watch", gallery.predicts).first
        if entry is not None:
            gallery.warm(entry)
    except Exception:  # a broken checkpoint is the page's to explain; the server starts all the same
        logger.exception("warming up failed; the first visitor will wait a little longer")
    gc.collect()
    gc.freeze()


ROUTES = [plotlyjs.ROUTE]

# The page may talk to this server and to nobody else: an image written into a sentence or into somebody's
# checkpoint can then not make the browser call home. Streamlit needs inline scripts and styles, and loads the
# panels' scripts from blobs.
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    ]
)
SECURITY_HEADERS = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),  # the address carries what the visitor typed
)


class Headers:
    """Adds the headers above to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *SECURITY_HEADERS]
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


MIDDLEWARE = [Middleware(Headers)]


def on_script_error(_error: Exception) -> bool:
    """Say a friendly sentence; Streamlit has already written the details to the log."""
    st.error("Something went wrong while drawing this page. The server's log says what.")
    return True
