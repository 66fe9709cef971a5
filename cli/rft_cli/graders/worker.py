"""Runs a grader's file in a separate process: reads one batch per line, writes one reply per line.

`python -m rft_cli.graders.worker FILE SECONDS`: the clock is SECONDS ahead. The process may be killed at any time.
"""

from __future__ import annotations

import datetime as datetimes
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from rft_cli.errors import CommandError
from rft_cli.graders.in_process import handler_of, invoke_handler
from rft_cli.graders.loading import load_module


def set_clock(seconds: float) -> None:
    """Offsets all clocks of the standard library. Must be called before the grader's file is imported."""
    real, ahead = time.time, datetimes.timedelta(seconds=seconds)
    local, utc, written = time.localtime, time.gmtime, time.strftime

    class Ahead(datetimes.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return super().now(tz) + ahead

        @classmethod
        def utcnow(cls) -> Any:
            return super().now(datetimes.UTC).replace(tzinfo=None) + ahead

        @classmethod
        def today(cls) -> Any:
            return cls.now()

    class AheadDate(datetimes.date):
        @classmethod
        def today(cls) -> Any:
            return Ahead.now().date()

    time.time = lambda: real() + seconds
    time.time_ns = lambda: int(time.time() * 1e9)
    time.localtime = lambda at=None: local(time.time() if at is None else at)
    time.gmtime = lambda at=None: utc(time.time() if at is None else at)
    time.strftime = lambda form, at=None: written(form, time.localtime() if at is None else at)
    datetimes.datetime = Ahead  # type: ignore[misc]
    datetimes.date = AheadDate  # type: ignore[misc]


def main(path: str, seconds: float) -> None:
    """Serves until end of input. Discards the grader's output."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)

    def send(**reply: Any) -> None:
        replies.write(json.dumps(reply) + "\n")
        replies.flush()

    if seconds:
        set_clock(seconds)
    try:
        sys.path.insert(0, str(Path(path).resolve().parent))  # as on Lambda, for imports of adjacent modules
        handler = handler_of(load_module(Path(path)), path)
    except CommandError as error:
        send(refused=str(error))
        return
    send(ready=True)
    for line in sys.stdin:
        reply = invoke_handler(handler, json.loads(line))
        send(payload=reply.payload, error=reply.error, seconds=reply.seconds)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
