"""Requests of the command line, and what refuses them."""

from __future__ import annotations

from tests.kit.rft_command import CommandResult

URI = "s3://data-bucket/datasets/pandalm/a.json"


SUBMIT = ("submit", "--name", "judge", "--task", "pandalm", "--dataset", URI)


def error_line(result: CommandResult, status: int = 1) -> str:
    """The one line of a command that could not do what it was request."""
    assert (result.status, result.out) == (status, "")
    assert result.err.startswith("rft: ")
    assert result.err.count("\n") == 1
    return result.err
