"""docs/licences.md lists each pinned package with the licence that it states, and none with further conditions."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.kit.licences import is_allowed, listed, pinned, stated


def test_exactly_the_pinned_packages_are_listed_with_their_use() -> None:
    assert {name: use for name, (_, use) in listed().items()} == pinned()


def test_the_licences_of_installed_packages_are_as_listed() -> None:
    installed = stated([Path(sys.prefix)])
    known = {name: licence for name, (licence, _) in listed().items() if name in installed}

    assert len(known) > 100
    assert known == {name: installed[name] for name in known}


def test_each_licence_is_allowed() -> None:
    assert [(name, licence) for name, (licence, _) in listed().items() if not is_allowed(licence)] == []


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("Artistic OR GPL OR GPL-2.0-or-later", True),
        ("AGPL-3.0-or-later", False),
        ("MIT AND GPL", False),
        ("", False),
    ],
)
def test_one_of_alternative_licences_must_be_allowed(licence: str, *, allowed: bool) -> None:
    assert is_allowed(licence) is allowed
