"""The command line: `python -m rnnviz train | resume | worker | list | sample | trace | explain | exam |
whatif | ablate`."""

import os
import sys
from collections.abc import Sequence

from rnnviz.cli.commands import parser
from rnnviz.cli.telling import INTERRUPTED, WRONG, tell


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns the exit status. What is wrong is told in one sentence, on stderr."""
    for stream in (sys.stdout, sys.stderr):  # a terminal need not know every character of a text
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    arguments = parser().parse_args(argv)
    try:
        return int(arguments.command(arguments))
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except (ValueError, OSError) as error:
        tell(sys.stderr, f"rnnviz: {error}")
        return WRONG
