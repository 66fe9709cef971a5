"""Installs and reverts the emulator's patches of moto.

Moto serves most of AWS, but runs state machines only if configured to, sleeps in real time, lacks JSONata, and does
not deliver EventBridge events to Lambda or Step Functions. Its state is global to the process, so only one emulator
can run per process.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from moto import backends
from moto.core.base_backend import BackendDict
from moto.core.config import default_user_config
from moto.core.model_instances import reset_model_data
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app

from emulator.clock import ScaledClock
from emulator.moto import (
    cloudformation,
    data_limits,
    dynamodb,
    eventbridge,
    executions,
    multipart,
    nested_executions,
    object_events,
    resource_names,
    stack_updates,
    step_functions,
    tracking,
)
from emulator.moto.eventbridge import Deliver
from emulator.moto.executions import OnExecutionEnd
from emulator.moto.object_events import PutEvent
from emulator.moto.read_lag import LaggingReads
from emulator.moto.step_functions import Session


class RequestHandler(MotoRequestHandler):  # type: ignore[misc]
    """Parses requests as moto expects them."""


@contextmanager
def install(
    *,
    port: int,
    session: Session,
    clock: ScaledClock,
    deliver: Deliver,
    put_event: PutEvent,
    on_execution_end: OnExecutionEnd,
    reads: LaggingReads,
) -> Iterator[None]:
    """Patch moto; on exit, stop executions, reset moto's state and revert the patches.

    `port` is the AWS endpoint's. `session` returns the credentials of state machine roles. `deliver` receives events
    for Lambda and Step Functions targets, `put_event` the events that S3 sends to EventBridge.
    """
    for noisy in ("moto", "samtranslator"):
        logging.getLogger(noisy).addHandler(logging.NullHandler())
    _reset()
    with ExitStack() as changes:
        changes.enter_context(patch.dict(default_user_config["stepfunctions"], execute_state_machine=True))
        changes.enter_context(patch.dict(default_user_config["lambda"], use_docker=False))
        changes.enter_context(patch.dict(os.environ, {"MOTO_EVENTS_INVOKE_HTTP": "false"}))
        for target, name, value in (
            *_replacements(),
            *eventbridge.replacements(deliver),
            *reads.replacements(),
            *object_events.replacements(put_event),
            *executions.replacements(on_execution_end),
            *nested_executions.replacements(),
            *step_functions.replacements(port, clock, session),
        ):
            changes.enter_context(patch.object(target, name, value))
        try:
            yield
        finally:
            executions.stop_all()
            executions.join_threads()
            _reset()


def wsgi_application() -> Any:
    return DomainDispatcherApplication(create_backend_app)


def _reset() -> None:
    BackendDict.reset()
    reset_model_data()


def _replacements() -> Iterator[tuple[Any, str, Any]]:
    modules = tuple(backends.list_of_moto_modules())  # moto would list its folders on each request
    yield backends, "list_of_moto_modules", lambda: modules
    yield from resource_names.fixed()
    for module in (cloudformation, data_limits, dynamodb, multipart, stack_updates, tracking):
        yield from module.replacements()
