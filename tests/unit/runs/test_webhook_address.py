"""Where webhooks may be sent to, as far as the address says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.contracts.outbound.webhook_address import WebhookAddress
from rft.errors import InvalidRequest
from rft.runs.webhook_address import FIELD, webhook_address

HOST = "hooks.example.com"


@pytest.mark.parametrize(
    ("url", "target"),
    [
        (f"https://{HOST}", "/"),
        (f"https://{HOST}:443/a/b?c=d", "/a/b?c=d"),
        (f"https://{HOST.upper()}/A", "/A"),
        (f"https://{HOST}?a=b@c", "/?a=b@c"),
        (f"https://{HOST}/%0d%0aX-Header:1", "/%0d%0aX-Header:1"),
    ],
)
def test_an_address_of_an_allowed_host_is_unchanged(url: str, target: str) -> None:
    assert webhook_address(url, {HOST}) == WebhookAddress(HOST, target)


REFUSED = (
    *(f"http://{HOST}/", f"https://{HOST}:8443/", f"https://{HOST}:99999/", f"ftp://{HOST}/", f"//{HOST}/", HOST),
    *(f"https://{HOST}./", f"https://{HOST}.evil.com/", f"https://evil-{HOST}/", f"https://evil.com/{HOST}"),
    *(
        f"https://evil.com\\@{HOST}/",
        f"https://{HOST}\\.evil.com/",
        f"https://{HOST}@evil.com/",
        f"https://me:pw@{HOST}/",
    ),
    *(
        f"https://evil.com#@{HOST}/",
        f"https://{HOST}/#part",
        f"https://{HOST}/a b",
        f"https://{HOST}/\t",
        f"https://{HOST}\n",
    ),
    *(
        "https://",
        "https:///a",
        "https://[",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[fe80::1%25lo]/",
    ),
    *("https://127.0.0.1/", "https://2130706433/", "https://0x7f.1/", "https://0177.0.0.1/", "https://127.1/"),
    *(
        "https://localhost/",
        "https://169.254.169.254/latest/",
        "https://h\u00f6oks.example.com/",
        "https://\u2460.example/",
    ),
)


@pytest.mark.parametrize("url", REFUSED)
def test_other_addresses_are_refused_with_the_field(url: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        webhook_address(url, {HOST})
    assert refused.value.field == FIELD
    assert "pw" not in str(refused.value)


@given(st.text(max_size=60) | st.text(max_size=40).map(lambda text: f"https://{HOST}{text}"))
def test_any_text_has_an_allowed_host_or_is_refused(url: str) -> None:
    try:
        address = webhook_address(url, {HOST})
    except InvalidRequest:
        return
    assert address.host == HOST
    assert address.target.isascii()
    assert not any(character.isspace() for character in address.target)
