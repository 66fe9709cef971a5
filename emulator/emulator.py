"""The emulated AWS: one process, one stack, two ports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from botocore.credentials import Credentials

from emulator.bedrock.control import Bedrock
from emulator.cloudformation.keys import adopt_keys
from emulator.cloudformation.stack import Stack, deploy, update
from emulator.cloudformation.template import StackTemplate, load
from emulator.cloudwatch.deploy import delete_alarms, deploy_alarms
from emulator.cloudwatch.metrics import Metrics
from emulator.environment import Environment, open_environment
from emulator.eventbridge.schedules import Schedules
from emulator.faults import Faults
from emulator.functions.code import zip_folder
from emulator.functions.network import require_network
from emulator.http.access_log import AccessLog
from emulator.http.api import ApiSettings, HttpApi
from emulator.http.server import LoopbackServer, listen
from emulator.http.tokens import https_fetch
from emulator.iam.authorizer import Authorizer
from emulator.moto import executions
from emulator.moto.cloudformation import conditions, is_supported, move_outputs, resolve
from emulator.moto.eventbridge import rates
from emulator.moto.topics import published_messages
from emulator.options import EmulatorOptions
from emulator.services import Services, open_services


class Emulator:
    """An emulated AWS with the project's stack deployed. Created by `start`; only one may run per process."""

    _running: Emulator | None = None

    def __init__(self, options: EmulatorOptions) -> None:
        self.options = options
        with ExitStack() as cleanup:
            environment = self._environment = open_environment(options, cleanup)
            template = _load(options, environment.region)
            services = self._services = open_services(environment, _definition(template, options), cleanup)
            self.stack = _deploy(template, environment, services)
            environment.state.restore(services.bedrock.jobs, services.bedrock.models, options.faults)
            self._api, self.api_url = _open_api(self.stack, environment, services, cleanup)
            environment.state.resume(services.bedrock.threads.start)
            self._schedules = Schedules(services.bus.fire, environment.clock)
            self._schedules.follow(rates(self.region) if options.schedules else {})
            _close_in_order(environment, services, self._schedules, cleanup)
            self._cleanup = cleanup.pop_all()

    @classmethod
    def start(cls, options: EmulatorOptions | None = None) -> Self:
        """Start all services and deploy the template. Raises ValueError if the template cannot be deployed."""
        if Emulator._running is not None:
            raise RuntimeError("an emulator is already running in this process; moto keeps its state per process")
        emulator = cls(options or EmulatorOptions())
        Emulator._running = emulator
        return emulator

    def close(self) -> None:
        """Stop processes and threads, release ports and discard state that is not persisted. Idempotent."""
        self._cleanup.close()
        if Emulator._running is self:
            Emulator._running = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def region(self) -> str:
        return self._environment.region

    @property
    def endpoint(self) -> str:
        return self._environment.clients.endpoint

    @property
    def credentials(self) -> Credentials:
        """Generated access keys of the emulator's administrator."""
        return self._environment.clients.credentials

    @property
    def authorizer(self) -> Authorizer:
        return self._environment.authorizer

    @property
    def faults(self) -> Faults:
        return self._environment.faults

    @property
    def metrics(self) -> Metrics:
        return self._services.metrics

    @property
    def bedrock(self) -> Bedrock:
        return Bedrock(self._services.bedrock.jobs, self.faults)

    @property
    def bucket(self) -> str:
        return self.stack.physical_ids["DataBucket"]

    @property
    def state_machine_arn(self) -> str:
        return self.stack.physical_ids["TrainModel"]

    def execution_arn(self, name: str) -> str:
        """Return the ARN of an execution of the stack's state machine; its name is the run's id."""
        return f"{self.state_machine_arn.replace(':stateMachine:', ':execution:')}:{name}"

    @property
    def topic_arn(self) -> str:
        """ARN of the topic that run outcomes are published to."""
        return self.stack.physical_ids["OutcomeTopic"]

    @property
    def graders(self) -> dict[str, str]:
        return self.stack.graders

    def client(self, service: str) -> Any:
        """Return the cached boto3 client for a service, which uses the administrator's credentials."""
        return self._environment.clients(service)

    def add_function(
        self,
        name: str,
        folder: Path | str,
        *,
        timeout: int = 60,
        environment: dict[str, str] | None = None,
        role_of: str = "",
    ) -> str:
        """Deploy another function from a folder with app.py (`handler`) and return its ARN.

        It uses the execution role of the stack's function `role_of` (default: the first function).
        """
        role = self._role_of(role_of)
        arn: str = self.client("lambda").create_function(
            FunctionName=name,
            Role=role,
            Runtime="python3.13",
            Handler="app.handler",
            Code={"ZipFile": zip_folder(Path(folder))},
            Timeout=timeout,
            MemorySize=512,
            Environment={"Variables": environment or {}},
        )["FunctionArn"]
        return arn

    def update(self, *, template: Path | None = None, parameters: Mapping[str, str] | None = None) -> None:
        """Update the running stack with the current template and code, and with `parameters` if given.

        Running executions keep the old definition. Raises ValueError if the template cannot be deployed.
        """
        options = replace(
            self.options,
            template=template or self.options.template,
            parameters=self.options.parameters if parameters is None else parameters,
        )
        loaded, environment = _load(options, self.region), self._environment
        before = self.stack
        self.stack = update(
            loaded,
            environment.clients,
            self._services.functions,
            environment.code,
            before,
            root=options.template.parent.resolve(),
            region=self.region,
            parameters=options.stack_parameters(loaded.parameters),
        )
        self.options = options
        cloudwatch = environment.clients("cloudwatch")
        delete_alarms(before.alarms - self.stack.alarms, cloudwatch, stack_name=options.stack_name)
        _adopt(self.stack, loaded, environment)
        self._schedules.follow(rates(self.region) if options.schedules else {})
        self._api.deploy(_api_settings(self.stack, environment, self._services))
        environment.state.redefine(_definition(loaded, options))

    def invoke(self, name_or_arn: str, payload: bytes) -> bytes:
        """Invoke a function by name, logical id or ARN and return its payload, which may be an error payload."""
        return self._services.functions.invoke(name_or_arn, payload).payload

    def logs(self, name_or_arn: str) -> list[str]:
        """Return a function's log lines. Raises UnknownFunction."""
        return self._services.functions.read_logs(name_or_arn)

    def fire(self, rule: str) -> None:
        self._services.bus.fire(rule)

    def messages(self, topic_arn: str = "") -> list[dict[str, Any]]:
        """Return the messages published to a topic (default: run outcomes), oldest first; see `published_messages`."""
        return published_messages(topic_arn or self.topic_arn, self.region)

    def _role_of(self, function: str) -> str:
        """Return the role ARN of a function of the stack by its logical id; '' selects the first function."""
        return next(spec.role_arn for spec in self.stack.functions if function in ("", spec.logical_id))


def _load(options: EmulatorOptions, region: str) -> StackTemplate:
    return load(options.template, region=region, parameters=options.parameters, supported=is_supported)


def _definition(template: StackTemplate, options: EmulatorOptions) -> dict[str, Any]:
    """Return what identifies the stack, excluding the code in its folders."""
    return {
        "template": template.source_digest,
        "parameters": options.stack_parameters(template.parameters),
        "stack_name": options.stack_name,
    }


def _deploy(template: StackTemplate, environment: Environment, services: Services) -> Stack:
    options = environment.options
    stack = deploy(
        template,
        environment.clients,
        services.functions,
        environment.code,
        root=options.template.parent.resolve(),
        region=environment.region,
        stack_name=options.stack_name,
        parameters=options.stack_parameters(template.parameters),
    )
    _adopt(stack, template, environment)
    return stack


def _adopt(stack: Stack, template: StackTemplate, environment: Environment) -> None:
    """Enforce the stack's policies from now on. Raises ValueError if a service cannot assume its role."""
    template = template.existing(conditions(stack.stack_id, environment.region))
    resolved = partial(resolve, stack.stack_id, environment.region)
    environment.authorizer.policies.add(template.resources, stack.physical_ids, resolved)
    environment.authorizer.forget()
    key_prefix = f"arn:aws:kms:{environment.region}:{environment.account}:key/"
    adopt_keys(template, resolved, environment.authorizer, key_prefix=key_prefix)
    deploy_alarms(template, resolved, environment.clients("cloudwatch"), stack_name=environment.options.stack_name)
    for role in stack.machine_roles:
        if not environment.authorizer.may_assume(role, "states.amazonaws.com", source=stack.stack_id):
            raise ValueError(f"The role {role} of a state machine cannot be assumed by states.amazonaws.com.")
    for spec in stack.functions:
        if not environment.authorizer.may_assume(spec.role_arn, "lambda.amazonaws.com", source=spec.arn):
            raise ValueError(f"The role defined for the function {spec.logical_id} cannot be assumed by Lambda.")
        require_network(environment.authorizer, spec)


def _api_settings(stack: Stack, environment: Environment, services: Services) -> ApiSettings:
    return ApiSettings(
        document=stack.api,
        api_id=stack.api_id,
        region=environment.region,
        account=environment.account,
        throttle=stack.throttle,
        fetch=https_fetch(environment.options.issuer_certificate),
        access_log=AccessLog(*stack.access_log, services.log_groups.deliver) if stack.access_log else None,
    )


def _open_api(stack: Stack, environment: Environment, services: Services, cleanup: ExitStack) -> tuple[HttpApi, str]:
    settings, on_reply = _api_settings(stack, environment, services), services.metrics.on_api_reply
    api = HttpApi(settings, services.functions, environment.keyring, environment.authorizer, on_reply)
    cleanup.callback(api.close)
    server = LoopbackServer(api, listen(environment.options.api_port))
    cleanup.callback(server.close)
    host = f"{stack.api_id}.execute-api.{environment.region}.amazonaws.com"
    move_outputs(stack.stack_id, environment.region, host, server.url)
    return api, server.url


def _close_in_order(environment: Environment, services: Services, schedules: Schedules, cleanup: ExitStack) -> None:
    actions: tuple[Callable[[], None], ...] = (
        # first, so that nothing is saved while the others close
        environment.state.freeze,
        environment.clock.close,
        schedules.close,
        services.bus.close,
        executions.stop_all,
        services.functions.close,
        services.bedrock.threads.close,
    )
    for action in reversed(actions):
        cleanup.callback(action)
