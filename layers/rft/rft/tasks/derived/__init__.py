"""Right and wrong answers derived from a row's reference, for any task. Pure; one module per family.

Each is verified by the task's own rules if this project has them, else by the kind of value. An answer that could be
either right or wrong is omitted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from rft.contracts.dataset import DatasetRow
from rft.tasks.derived.blanks import form_only, unreadable
from rft.tasks.derived.containment import containment
from rft.tasks.derived.echo import echo
from rft.tasks.derived.forged_references import forged_references
from rft.tasks.derived.hedging import hedging
from rft.tasks.derived.json_variants import json_variants
from rft.tasks.derived.listing import listing
from rft.tasks.derived.near_misses import near_misses
from rft.tasks.derived.negation import negation
from rft.tasks.derived.probe import DerivedProbe
from rft.tasks.derived.refusals import refusals
from rft.tasks.derived.right_forms import right_forms
from rft.tasks.derived.special_numbers import special_numbers
from rft.tasks.derived.style import style
from rft.tasks.subject import Subject, read_subject, rule_allows

Family = Callable[[Subject], Iterable[DerivedProbe]]

FAMILIES: Mapping[str, Family] = {
    each.__name__: each
    for each in (
        right_forms,
        near_misses,
        containment,
        listing,
        hedging,
        negation,
        special_numbers,
        json_variants,
        echo,
        refusals,
        forged_references,
        form_only,
        unreadable,
        style,
    )
}
"""By name, which is also the name of the smoke test's check."""


def derived_probes(row: DatasetRow, right: Sequence[str] = ()) -> tuple[DerivedProbe, ...]:
    """Probes of every family. `right`: known right answers to the row."""
    subject = read_subject(row, right)
    found = [probe for family in FAMILIES.values() for probe in family(subject)]
    allowed = [probe for probe in found if rule_allows(subject, probe.answer, right=probe.right)]
    known = {text.strip() for text in right}
    derived = [p for p in allowed if p.right or p.answer.strip() not in known]
    return tuple(p for p in derived if not p.pair or sum(other.pair == p.pair for other in derived) > 1)


__all__ = ["FAMILIES", "DerivedProbe", "derived_probes"]
