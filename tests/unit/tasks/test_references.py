"""Rules that no grader can use are found on the row that brings them, before anything is trained."""

from __future__ import annotations

import pytest

from rft.tasks.base import BadRecord
from rft.tasks.references import check_reference
from tests.kit.hostile_samples import HARMLESS, HOSTILE

HOSTILE_RULES = (
    "references that fan out",
    "unevaluated properties that fan out",
    "a reference to itself",
    "counts of counts",
    "optional counts in counts",
    "a pattern in a schema",
    "nested parentheses",
)


def row(reference: object) -> dict[str, object]:
    return {"messages": [{"role": "user", "content": "?"}], "reference_answer": reference}


@pytest.mark.parametrize("kind", HOSTILE_RULES)
def test_hostile_rules_are_a_bad_record_that_names_the_rule(kind: str) -> None:
    grader, reference, _ = HOSTILE[kind]

    with pytest.raises(BadRecord, match=r"^reference_answer\."):
        check_reference(grader, row(reference))


def test_rules_of_a_row_without_its_own_composite_are_validated() -> None:
    with pytest.raises(BadRecord, match=r"^reference_answer\.safety\.forbidden\[0\]: repeats more than"):
        check_reference("composite", row({"safety": {"forbidden": ["((((a{100}){100}){100}){100})"]}}))


@pytest.mark.parametrize("grader", HARMLESS)
def test_valid_rules_are_accepted(grader: str) -> None:
    check_reference(grader, row(HARMLESS[grader][0]))


@pytest.mark.parametrize("grader", [None, "another"])
def test_keys_of_other_graders_are_not_validated(grader: str | None) -> None:
    check_reference(grader, row({"format": "pdf"}))
