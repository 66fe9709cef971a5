"""Entry point of `rft` and `python -m rft_cli`. Imports the commands lazily, so that Ctrl-C works while they load."""

from __future__ import annotations

import io
import sys


def main() -> None:
    """Run the `rft` command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # locales without ✔ print ?
    try:
        from rft_cli.app import main as run

        run()
    except KeyboardInterrupt:
        sys.stderr.write("rft: interrupted\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
