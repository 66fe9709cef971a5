from __future__ import annotations

import pytest

from rft.datasets.address import HttpsAddress, S3Address, check_address, check_redirect, is_public
from rft.errors import InvalidRequest

BUCKET = "data-bucket"
HOSTS = ("raw.githubusercontent.com", "data.example.org")


@pytest.mark.parametrize(
    ("uri", "address"),
    [
        ("s3://data-bucket/uploads/pandalm/demo/testset.json", S3Address(BUCKET, "uploads/pandalm/demo/testset.json")),
        ("s3://data-bucket/my file.json", S3Address(BUCKET, "my file.json")),
        ("s3://data-bucket/données.jsonl", S3Address(BUCKET, "données.jsonl")),
        ("https://data.example.org/a/b.json", HttpsAddress("data.example.org", "/a/b.json")),
        ("https://DATA.example.org:443/a.json", HttpsAddress("data.example.org", "/a.json")),
        ("https://data.example.org/my%20file.json", HttpsAddress("data.example.org", "/my%20file.json")),
        (
            "https://raw.githubusercontent.com/WeOpenML/PandaLM/main/data/testset-v1.json",
            HttpsAddress("raw.githubusercontent.com", "/WeOpenML/PandaLM/main/data/testset-v1.json"),
        ),
    ],
)
def test_the_stacks_bucket_and_allowed_hosts_may_be_read(uri: str, address: object) -> None:
    assert check_address(uri, BUCKET, HOSTS) == address


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "testset.json",
        "/etc/passwd",
        "file:///etc/passwd",
        "http://data.example.org/a.json",
        "ftp://data.example.org/a.json",
        "s3:/data-bucket/a.json",
        "s3://other-bucket/a.json",
        "s3://user:secret@data-bucket/a.json",
        "s3://data-bucket",
        "s3://data-bucket/",
        "s3://data-bucket/uploads/",
        "s3://data-bucket/runs/another-run/dataset/test-99.jsonl",
        "s3://data-bucket/uploads/../runs/another-run/dataset/test-99.jsonl",
        "s3://data-bucket/..",
        "s3://data-bucket/uploads/./a.json",
        "s3://data-bucket//runs/a.json",
        "s3://data-bucket/uploads/..%2fruns/a.json",
        "s3://data-bucket/uploads\\a.json",
        "s3://data-bucket/a.json?versionId=1",
        "s3://data-bucket/a\n.json",
        "https://example.com/a.json",
        "https://data.example.org.evil.com/a.json",
        "https://evil-data.example.org/a.json",
        "https://data.example.org./a.json",
        "https://user:secret@data.example.org/a.json",
        "https://data.example.org@evil.com/a.json",
        "https://evil.com\\@data.example.org/a.json",
        "https://evil.com#@data.example.org/a.json",
        "https://data.example.org:8443/a.json",
        "https://data.example.org:/a.json",
        "https://data.example.org/a/../b.json",
        "https://data.example.org/a/%2e%2e/b.json",
        "https://data.example.org/a%2fb.json",
        "https://data.example.org/a%5Cb.json",
        "https://data.example.org/a%252e%252e/b.json",
        "https://data.example.org/a%00.json",
        "https://data.example.org//evil.com/a.json",
        "https://data.example.org/..",
        "https://data.example.org/a.json?token=secret",
        "https://data.example.org/a.json#part",
        "https://data.example.org/my file.json",
        "https://d\u0430ta.example.org/a.json",  # a Cyrillic letter
        "https://169.254.169.254/latest/meta-data/",
        "https://127.0.0.1/a.json",
        "https://[::1]/a.json",
        "https://[",
        "https://",
    ],
)
def test_other_addresses_are_refused_with_the_field(uri: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        check_address(uri, BUCKET, HOSTS)
    assert caught.value.field == "dataset.uri"
    assert "secret" not in str(caught.value)


def test_an_empty_list_of_hosts_allows_none() -> None:
    with pytest.raises(InvalidRequest, match="allowed hosts: none"):
        check_address("https://data.example.org/a.json", BUCKET, ())


def test_a_redirect_may_be_signed_but_stays_on_allowed_hosts() -> None:
    assert check_redirect("https://data.example.org/a?Signature=x", HOSTS) == HttpsAddress(
        "data.example.org", "/a?Signature=x"
    )
    for uri in (
        "http://data.example.org/a",
        "https://example.com/a",
        "https://169.254.169.254/a",
        "file:///etc/passwd",
    ):
        with pytest.raises(InvalidRequest):
            check_redirect(uri, HOSTS)


@pytest.mark.parametrize("ip", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_addresses_on_the_internet_are_public(ip: str) -> None:
    assert is_public(ip)


@pytest.mark.parametrize(
    "ip",
    [
        "127.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.1.2.3", "224.0.0.1",
        "255.255.255.255", "240.0.0.1", "::1", "::", "fe80::1%eth0", "fd00:ec2::254", "ff02::1", "::ffff:10.0.0.1",
        "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "2001:0:1:2:3:4:5:6",
        "fec0::1", "192.0.0.192", "192.0.0.170", "192.88.99.1", "2001:db8::1", "3fff::1", "64:ff9b:1::a00:1", "5f00::1",
    ],
)  # fmt: skip
def test_private_local_and_translated_addresses_are_not(ip: str) -> None:
    assert not is_public(ip)
