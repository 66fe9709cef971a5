"""The services behind the AWS endpoint: moto's, and those that are served here."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

from emulator.bedrock.setup import EmulatedBedrock
from emulator.environment import Environment
from emulator.eventbridge.bus import EventBus
from emulator.functions.dead_letters import send_dead_letter
from emulator.functions.registry import Functions
from emulator.functions.service import LambdaService
from emulator.functions.spec import WorkerSettings
from emulator.http.aws_port import AwsPort, Service
from emulator.http.server import LoopbackServer
from emulator.moto import setup as moto_setup
from emulator.moto.executions import ExecutionEnd


@dataclass(frozen=True)
class Services:
    """What answers calls to AWS."""

    functions: Functions
    bus: EventBus
    bedrock: EmulatedBedrock


def open_services(environment: Environment, definition: dict[str, Any], cleanup: ExitStack) -> Services:
    """Start answering at the endpoint. `definition` is what makes the stack what it is.

    Raises StateUnusable if the state is that of another stack.
    """
    functions = _functions(environment)
    bus = _bus(environment, functions)
    _install_moto(environment, bus, cleanup)
    cleanup.enter_context(environment.state.install(definition))
    bedrock = EmulatedBedrock(environment, invoke=functions.invoke_for_service, put_event=bus.put)
    _serve(environment, {"bedrock": bedrock.service, "lambda": LambdaService(functions)}, cleanup)
    return Services(functions, bus, bedrock)


def worker_settings(environment: Environment) -> WorkerSettings:
    """What all functions' processes are given."""
    credentials = environment.clients.credentials
    return WorkerSettings(
        endpoint=environment.clients.endpoint,
        region=environment.region,
        access_key=credentials.access_key,
        secret_key=credentials.secret_key,
    )


def _functions(environment: Environment) -> Functions:
    return Functions(
        faults=environment.faults,
        clock=environment.clock,
        workers=environment.options.workers_per_function,
        dead_letter=partial(send_dead_letter, environment.clients),
    )


def _bus(environment: Environment, functions: Functions) -> EventBus:
    return EventBus(
        functions,
        environment.clients.start_execution,
        faults=environment.faults,
        clock=environment.clock,
        region=environment.region,
        account=environment.account,
    )


def _install_moto(environment: Environment, bus: EventBus, cleanup: ExitStack) -> None:
    def on_execution_end(execution: ExecutionEnd) -> None:
        environment.state.on_execution_end(execution)
        bus.on_execution_end(execution)

    changes = moto_setup.install(
        port=environment.port,
        clock=environment.clock,
        deliver=bus.deliver,
        put_event=bus.put,
        on_execution_end=on_execution_end,
    )
    cleanup.enter_context(changes)


def _serve(environment: Environment, services: dict[str, Service], cleanup: ExitStack) -> None:
    app = AwsPort(
        moto_setup.wsgi_application(),
        services,
        environment.faults,
        environment.clock,
        on_call=environment.state.on_call,
    )
    cleanup.callback(LoopbackServer(app, environment.listener).close)
