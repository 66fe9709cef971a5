"""Which principals are the same person, as far as AWS proves it."""

from __future__ import annotations

import pytest

from rft.contracts.http.principal import UNKNOWN, Principal

ROLE = "arn:aws:sts::123456789012:assumed-role/Engineer"


def iam(arn: str) -> Principal:
    return Principal(type="iam", id=arn)


def jwt(subject: str, issuer: str = "https://issuer.example") -> Principal:
    return Principal(type="jwt", id=subject, issuer=issuer)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (iam(f"{ROLE}/alice"), iam(f"{ROLE}/bob")),
        (iam("arn:aws:sts::123456789012:federated-user/a"), iam("arn:aws:sts::123456789012:federated-user/b")),
        (iam("arn:aws:iam::123456789012:user/ada"), jwt("ada")),
        (Principal(type="account", id="1"), Principal(type="account", id="2")),
        (UNKNOWN, UNKNOWN),
        (UNKNOWN, jwt("ada")),
    ],
)
def test_unverified_principals_are_not_provably_different(one: Principal, other: Principal) -> None:
    assert not one.is_another(other)
    assert not other.is_another(one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (iam(f"{ROLE}/alice"), iam(f"{ROLE}2/alice")),
        (iam("arn:aws:iam::123456789012:user/ada"), iam("arn:aws:iam::123456789012:user/bob")),
        (jwt("ada"), jwt("bob")),
        (jwt("ada"), jwt("ada", "https://other.example")),
    ],
)
def test_verified_principals_are_different(one: Principal, other: Principal) -> None:
    assert one.is_another(other)


def test_a_subject_cannot_impersonate_another_by_its_text() -> None:
    assert jwt("b", "https://a").identity != jwt("https://a b", "-").identity
    assert "\n" not in jwt("a\nb").identity
