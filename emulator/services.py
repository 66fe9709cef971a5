"""The services behind the AWS endpoint: moto's and the emulator's own."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Request

from emulator.agentcore.service import AgentCoreService
from emulator.bedrock.setup import EmulatedBedrock
from emulator.cloudwatch.metrics import Metrics
from emulator.cloudwatch.service import AlarmActions, CloudWatchService
from emulator.environment import Environment
from emulator.eventbridge.bus import EventBus
from emulator.eventbridge.delivery import Delivery
from emulator.functions.api_functions import ApiFunctions
from emulator.functions.dead_letters import DeadLetters
from emulator.functions.registry import Functions
from emulator.functions.service import LambdaService
from emulator.functions.spec import FunctionSpec, WorkerSettings
from emulator.http.aws_port import AwsPort, Service
from emulator.http.limits import check_limits
from emulator.http.operations import Operation
from emulator.http.server import LoopbackServer
from emulator.iam.guard import Guard
from emulator.lookups import AccountLookups
from emulator.moto import setup as moto_setup
from emulator.moto.access import MotoAccount
from emulator.moto.cloudwatch import MetricStore
from emulator.moto.executions import ExecutionEnd
from emulator.moto.log_groups import LogGroups


@dataclass(frozen=True)
class Services:
    functions: Functions
    bus: EventBus
    bedrock: EmulatedBedrock
    log_groups: LogGroups
    metrics: Metrics


def open_services(environment: Environment, definition: dict[str, Any], cleanup: ExitStack) -> Services:
    """Start serving the endpoint. `definition` identifies the stack.

    Raises StateUnusable if the persisted state belongs to another stack.
    """
    log_groups = LogGroups(environment.authorizer, account=environment.account, region=environment.region)
    alarm_actions = AlarmActions(environment.clients, environment.authorizer)
    store = MetricStore(account=environment.account, region=environment.region)
    metrics = Metrics(store, alarm_actions.send, speed=environment.clock.speed)
    functions = _functions(environment, log_groups, metrics)
    functions.restore(environment.state.versions(environment.code))
    bus = _bus(environment, functions)
    _install_moto(environment, bus, cleanup)
    cleanup.enter_context(environment.state.install(definition))
    bedrock = EmulatedBedrock(environment, invoke=functions.invoke_for_service, put_event=bus.put)
    agentcore = AgentCoreService()
    cleanup.callback(agentcore.close)
    _serve(
        environment,
        functions,
        {
            "bedrock": bedrock.service,
            "bedrock-agentcore": agentcore,
            "lambda": LambdaService(functions),
            "monitoring": CloudWatchService(metrics),
        },
        _guard(environment, bedrock),
        cleanup,
    )
    return Services(functions, bus, bedrock, log_groups, metrics)


def _worker_settings(environment: Environment) -> WorkerSettings:
    return WorkerSettings(
        endpoint=environment.clients.endpoint, region=environment.region, session=environment.keyring.session
    )


def _functions(environment: Environment, log_groups: LogGroups, metrics: Metrics) -> Functions:
    def sink(spec: FunctionSpec, stream: str, line: str) -> None:
        log_groups.write(spec, stream, line)
        metrics.on_log_line(line)

    return Functions(
        faults=environment.faults,
        clock=environment.clock,
        settings=_worker_settings(environment),
        workers=environment.options.workers_per_function,
        dead_letter=DeadLetters(environment.clients, environment.clients_of).send,
        log_sink=sink,
        save_version=environment.state.save_version,
        on_invocation=metrics.on_invocation,
    )


def _bus(environment: Environment, functions: Functions) -> EventBus:
    delivery = Delivery(
        functions=functions,
        authorizer=environment.authorizer,
        clients=environment.clients,
        clients_of=environment.clients_of,
        faults=environment.faults,
        clock=environment.clock,
    )
    return EventBus(
        delivery,
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
        session=environment.keyring.session,
        clock=environment.clock,
        deliver=bus.deliver,
        put_event=bus.put,
        on_execution_end=on_execution_end,
        reads=environment.reads,
    )
    cleanup.enter_context(changes)


def _guard(environment: Environment, bedrock: EmulatedBedrock) -> Guard:
    lookups = AccountLookups(MotoAccount(account=environment.account, region=environment.region), bedrock.jobs)
    return Guard(
        environment.keyring,
        environment.authorizer,
        lookups,
        account=environment.account,
        region=environment.region,
    )


def _serve(
    environment: Environment,
    functions: Functions,
    services: dict[str, Service],
    guard: Guard,
    cleanup: ExitStack,
) -> None:
    account = MotoAccount(account=environment.account, region=environment.region)
    api_functions = ApiFunctions(functions, environment.code, region=environment.region)

    def on_call(operation: Operation, body: bytes) -> None:
        guard.on_call(operation, body)
        environment.state.on_call(operation, body)
        api_functions.on_call(operation, body)
        if (operation.service, operation.name) == ("cloudformation", "DeleteStack"):
            environment.authorizer.policies.keep_roles(account.role_arns())
            environment.authorizer.forget()

    def authorize(operation: Operation, request: Request, body: bytes) -> None:
        guard.check(operation, request, body)
        check_limits(operation, {name.lower(): value for name, value in request.headers.items()}, body, account)

    app = AwsPort(
        moto_setup.wsgi_application(),
        services,
        environment.faults,
        environment.clock,
        authorize=authorize,
        authorize_control=guard.check_control,
        on_call=on_call,
    )
    cleanup.callback(LoopbackServer(app, environment.listener).close)
