"""A function's configuration and the environment of its processes."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.credentials import Credentials

LATEST = "$LATEST"

MEGABYTE = 2**20

MAX_ENVIRONMENT = 4096
"""Maximum bytes of all variable names and values (AWS Lambda quotas: 4 KB)."""
VARIABLE = re.compile(r"[a-zA-Z]\w+", re.ASCII)
RESERVED_VARIABLES = frozenset(
    {
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)
"""Reserved names (Lambda Developer Guide, "Defined runtime environment variables"); two others are invalid names."""
MAX_TIMEOUT, MIN_MEMORY, MAX_MEMORY = 900, 128, 10_240
"""AWS Lambda quotas: timeout in seconds, memory in MB."""

VERSIONED = (
    "Role",
    "Runtime",
    "Architectures",
    "EphemeralStorage",
    "TracingConfig",
    "VpcConfig",
    "KMSKeyArn",
    "LoggingConfig",
)
"""Further members of GetFunctionConfiguration that are part of a version's configuration."""


@dataclass(frozen=True, kw_only=True)
class FunctionSpec:
    """One version of a deployed function.

    `logical_id` is its name in the template; `arn` is unqualified; `timeout` is in seconds, `memory` in MB. `folder`
    and `layers` are paths of the deployed code, named after its digest.
    """

    name: str
    logical_id: str
    arn: str
    folder: Path
    handler: str
    timeout: float
    memory: int
    role_arn: str
    environment: Mapping[str, str]
    layers: tuple[Path, ...] = ()
    dead_letter_arn: str | None = None
    """Queue or topic for events of asynchronous invocations that failed after all retries."""
    async_retries: int = 2
    version: str = LATEST
    description: str = ""
    configuration: Mapping[str, Any] = field(default_factory=dict)
    """Further members of GetFunctionConfiguration, such as Role and Runtime."""

    @property
    def qualified_arn(self) -> str:
        """ARN with the version, except for $LATEST."""
        return self.arn if self.version == LATEST else f"{self.arn}:{self.version}"

    @property
    def temporary_bytes(self) -> int:
        """Size of /tmp, from EphemeralStorage."""
        storage = self.configuration.get("EphemeralStorage") or {}
        return int(storage.get("Size", 512)) * MEGABYTE

    @property
    def reserved_concurrency(self) -> int | None:
        """Maximum concurrent invocations of all versions; None if not reserved."""
        found = self.configuration.get("ReservedConcurrentExecutions")
        return None if found is None else int(found)

    @property
    def log_group(self) -> str:
        return str(self._logging.get("LogGroup") or f"/aws/lambda/{self.name}")

    @property
    def logs_json(self) -> bool:
        """Whether LogFormat is JSON, for Lambda's own lines and Python's logging."""
        return self._logging.get("LogFormat") == "JSON"

    @property
    def application_log_level(self) -> str:
        """Lambda's name of the level; applies with LogFormat JSON only."""
        return str(self._logging.get("ApplicationLogLevel", "INFO"))

    @property
    def system_log_level(self) -> str:
        """DEBUG, INFO or WARN; applies with LogFormat JSON only."""
        return str(self._logging.get("SystemLogLevel", "INFO"))

    @property
    def _logging(self) -> Mapping[str, Any]:
        return self.configuration.get("LoggingConfig") or {}

    @property
    def content(self) -> tuple[object, ...]:
        """Code and configuration; two versions with equal content are the same."""
        settings = (self.handler, self.timeout, self.memory, dict(self.environment), self.dead_letter_arn)
        fixed = {name: self.configuration.get(name) for name in VERSIONED}
        return (self.folder.name, [layer.name for layer in self.layers], settings, fixed)


def check_environment(variables: Mapping[str, str]) -> None:
    """Raise ValueError, with Lambda's message, for names that Lambda rejects and more than 4 KB of names and values."""
    for name in variables:
        if not VARIABLE.fullmatch(name):
            raise ValueError(f"Value at 'environment.variables' failed to satisfy constraint: {name} is no name")
    if reserved := sorted(RESERVED_VARIABLES & set(variables)):
        raise ValueError(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            "provided contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )
    size = sum(len(name.encode()) + len(str(value).encode()) for name, value in variables.items())
    if size > MAX_ENVIRONMENT:
        raise ValueError(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            f"provided exceeded the 4KB limit. String measured: {size} bytes"
        )


def check_settings(timeout: float, memory: int) -> None:
    """Raise ValueError, with Lambda's message, for a timeout or memory size outside Lambda's quotas."""
    if timeout > MAX_TIMEOUT:
        raise ValueError(f"Value '{timeout}' at 'timeout' must be less than or equal to {MAX_TIMEOUT}")
    if not MIN_MEMORY <= memory <= MAX_MEMORY:
        raise ValueError(f"Value '{memory}' at 'memorySize' must be between {MIN_MEMORY} and {MAX_MEMORY}")


def spec_of(
    configuration: Mapping[str, Any],
    *,
    logical_id: str,
    folder: Path,
    layers: tuple[Path, ...] = (),
    further: Mapping[str, Any] | None = None,
    dead_letter_arn: str | None = None,
    async_retries: int = 2,
) -> FunctionSpec:
    """Return $LATEST from the response of GetFunctionConfiguration and `further` members that moto omits."""
    known = {**configuration, **(further or {})}
    return FunctionSpec(
        name=known["FunctionName"],
        logical_id=logical_id,
        arn=known["FunctionArn"],
        folder=folder,
        handler=known["Handler"],
        timeout=known["Timeout"],
        memory=known["MemorySize"],
        role_arn=known["Role"],
        environment={n: str(v) for n, v in known.get("Environment", {}).get("Variables", {}).items()},
        layers=layers,
        dead_letter_arn=dead_letter_arn,
        async_retries=async_retries,
        description=known.get("Description", ""),
        configuration=known,
    )


@dataclass(frozen=True, kw_only=True)
class WorkerSettings:
    """Settings of all workers: AWS endpoint and region; `session` returns a role's credentials."""

    endpoint: str
    region: str
    session: Callable[[str, str], Credentials]

    def environment(self, spec: FunctionSpec, runtime_api: str, log_stream: str) -> dict[str, str]:
        """Return the complete environment of one worker, as on AWS; only search paths are inherited from the user."""
        inherited = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
        own = {name: _on_this_machine(value, spec.layers) for name, value in spec.environment.items()}
        return inherited | self._lambda_names(spec, runtime_api) | _log_names(spec, log_stream) | own

    def _lambda_names(self, spec: FunctionSpec, runtime_api: str) -> dict[str, str]:
        credentials = self.session(spec.role_arn, spec.name)
        return {
            "AWS_LAMBDA_RUNTIME_API": runtime_api,
            "_HANDLER": spec.handler,
            "LAMBDA_TASK_ROOT": str(spec.folder),
            "AWS_LAMBDA_FUNCTION_NAME": spec.name,
            "AWS_LAMBDA_FUNCTION_VERSION": spec.version,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": credentials.access_key,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
            "AWS_SESSION_TOKEN": credentials.token or "",
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1,localhost",
            "PYTHONPATH": os.pathsep.join(str(layer) for layer in spec.layers),
            "POWERTOOLS_TRACE_DISABLED": "true",
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
        }


def _log_names(spec: FunctionSpec, log_stream: str) -> dict[str, str]:
    """Return the logging variables; the level is set with LogFormat JSON only, and overrides Powertools' own."""
    names = {"AWS_LAMBDA_LOG_GROUP_NAME": spec.log_group, "AWS_LAMBDA_LOG_STREAM_NAME": log_stream}
    if not spec.logs_json:
        return {**names, "AWS_LAMBDA_LOG_FORMAT": "Text"}
    return {**names, "AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": spec.application_log_level}


def _on_this_machine(value: str, layers: tuple[Path, ...]) -> str:
    """Replace `/opt/…`, where Lambda mounts layers, by the layer's folder."""
    if not value.startswith("/opt/"):
        return value
    inside = value.removeprefix("/opt/")
    return next((str(layer / inside) for layer in layers if (layer / inside).exists()), value)
