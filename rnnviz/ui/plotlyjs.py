"""plotly.js for the panels: from the plotly package, over a route of this server, packed once and kept."""

import gzip
from functools import cache

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rnnviz.views import plotlyjs

PATH = f"/assets/plotly-{plotlyjs.version()}.min.js"
"""With the version in its path a browser may keep the file for ever, and still never uses an old one."""


@cache
def packed() -> bytes:
    """plotly.js in gzip: 4.7 MB become 1.4."""
    return gzip.compress(plotlyjs.source().encode(), compresslevel=6)


async def send(request: Request) -> Response:
    """Answer with plotly.js, packed for those who understand gzip (and all browsers do)."""
    body = await run_in_threadpool(packed)
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
    else:
        body = gzip.decompress(body)
        headers["Content-Encoding"] = "identity"  # said aloud, or Streamlit would pack it again
    return Response(body, headers=headers, media_type="text/javascript")


ROUTE = Route(PATH, send, methods=["GET"])
