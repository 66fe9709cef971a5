"""boto3 clients of the emulated AWS."""

from __future__ import annotations

import threading
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.loaders import create_loader

MODELS = create_loader()
"""Cache of botocore's service models, shared by all sessions: each would otherwise parse several megabytes."""


class Clients:
    """Creates one client per service on first use and caches it."""

    def __init__(self, endpoint: str, credentials: Credentials, region: str) -> None:
        self.endpoint = endpoint
        self.credentials = credentials
        core = botocore.session.Session()
        core.register_component("data_loader", MODELS)
        self._session = boto3.session.Session(
            credentials.access_key,
            credentials.secret_key,
            credentials.token,
            region_name=region,
            botocore_session=core,
        )
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def __call__(self, service: str) -> Any:
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._session.client(  # type: ignore[call-overload]
                    service, endpoint_url=self.endpoint, config=Config(proxies={}, max_pool_connections=32)
                )
            return self._clients[service]

    def start_execution(self, state_machine_arn: str, name: str, payload: str) -> None:
        """Start an execution; `payload` is its input as JSON text."""
        self("stepfunctions").start_execution(stateMachineArn=state_machine_arn, name=name, input=payload)
