"""plotly.js, which the plotly package ships: nothing has to be fetched from anywhere to draw with it."""


def version() -> str:
    """The version of plotly.js, ``4.1.1``."""
    from plotly.offline import get_plotlyjs_version

    return str(get_plotlyjs_version())


def source() -> str:
    """plotly.js itself, minified, 4.7 MB."""
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())
