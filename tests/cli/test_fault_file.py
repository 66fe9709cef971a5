"""`rft local up --faults`: a file of rules, or one line that says what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rft_cli.commands.local import read_fault_file
from rft_cli.errors import CommandError


def test_the_rules_of_a_file_are_read(tmp_path: Path) -> None:
    file = tmp_path / "faults.yaml"
    file.write_text("- {service: bedrock, operation: Train, effect: fail, step: 4}\n")
    assert [(rule.service, rule.effect, rule.step) for rule in read_fault_file(file)] == [("bedrock", "fail", 4)]
    assert read_fault_file(None) == []


def test_a_file_that_is_not_a_list_of_rules_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "faults.yaml"
    file.write_text("- {service: s3, effect: explode}\n")
    with pytest.raises(CommandError, match=r"--faults: .*faults\.yaml, fault 1: effect"):
        read_fault_file(file)
