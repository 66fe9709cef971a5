"""The entry point: `rft`, and `python -m rft_cli`. Loading the commands takes a moment, which Ctrl-C may end, too."""

from __future__ import annotations

import io
import sys


def main() -> None:
    """Run the `rft` command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a locale without ✔ shows ?
    try:
        from rft_cli.app import main as run

        run()
    except KeyboardInterrupt:
        sys.stderr.write("rft: interrupted\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
