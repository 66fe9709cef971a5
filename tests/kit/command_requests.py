"""Arguments of CLI commands, and checks of their error output."""

from __future__ import annotations

from tests.kit.rft_command import CommandResult

URI = "s3://data-bucket/datasets/pandalm/a.json"


SUBMIT = ("submit", "--name", "judge", "--task", "pandalm", "--dataset", URI)


def error_line(result: CommandResult, status: int = 1) -> str:
    """Assert that a command failed with one line on stderr, and return the line."""
    assert (result.status, result.out) == (status, "")
    assert result.err.startswith("rft: ")
    assert result.err.count("\n") == 1
    return result.err
