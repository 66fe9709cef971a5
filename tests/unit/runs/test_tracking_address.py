from __future__ import annotations

import pytest

from rft.errors import TrackingRefused
from rft.runs.tracking_address import TrackingAddress, is_reachable, tracking_address

ARN = "arn:aws:sagemaker:us-east-1:123456789012:mlflow-tracking-server/team"


@pytest.mark.parametrize(
    ("uri", "address"),
    [
        ("https://mlflow.example.org", TrackingAddress("https", "mlflow.example.org", 443)),
        ("https://mlflow.example.org/team/", TrackingAddress("https", "mlflow.example.org", 443, "/team")),
        ("http://10.0.0.7:5000", TrackingAddress("http", "10.0.0.7", 5000)),
        ("http://localhost", TrackingAddress("http", "localhost", 80)),
        (
            ARN,
            TrackingAddress("https", "us-east-1.experiments.sagemaker.aws", 443, arn=ARN, region="us-east-1"),
        ),
    ],
)
def test_an_address_or_an_arn_is_a_server(uri: str, address: TrackingAddress) -> None:
    assert tracking_address(uri) == address


@pytest.mark.parametrize(
    "uri",
    [
        "ftp://mlflow.example.org",
        "https://",
        "https://user:password@mlflow.example.org",
        "https://mlflow.example.org/?a=b",
        "https://mlflow.example.org/#a",
        "https://mlflow.example.org:port",
        "https://mlflöw.example.org",
        "arn:aws:sagemaker:us-east-1:123456789012:mlflow-app/app-1",
        "databricks",
    ],
)
def test_an_address_that_is_no_server_is_refused(uri: str) -> None:
    with pytest.raises(TrackingRefused, match="MlflowTrackingUri"):
        tracking_address(uri)


@pytest.mark.parametrize(
    ("ip", "reachable"),
    [
        ("93.184.215.14", True),
        ("10.0.0.7", True),
        ("127.0.0.1", True),
        ("fd00::7", True),
        ("169.254.169.254", False),
        ("::ffff:169.254.169.254", False),
        ("fe80::1%eth0", False),
        ("0.0.0.0", False),  # noqa: S104  an address that is refused
        ("224.0.0.1", False),
    ],
)
def test_metadata_services_and_multicast_addresses_are_refused(ip: str, reachable: bool) -> None:
    assert is_reachable(ip) is reachable
