"""The laptop AWS, put together: one process, one stack, two ports."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config
from botocore.credentials import Credentials

from emulator.bedrock.control import Bedrock
from emulator.bedrock.judge import STAND_IN, server_model_id
from emulator.bedrock.setup import EmulatedBedrock
from emulator.clock import ScaledClock
from emulator.cloudformation.stack import Stack, deploy, empty_archive
from emulator.cloudformation.template import StackTemplate, load
from emulator.eventbridge.bus import EventBus
from emulator.eventbridge.schedules import Schedules
from emulator.faults import Faults
from emulator.functions.dead_letters import send_dead_letter
from emulator.functions.registry import Functions
from emulator.functions.service import LambdaService
from emulator.functions.spec import FunctionSpec, WorkerSettings
from emulator.http.api import HttpApi
from emulator.http.aws_port import AwsPort, Service
from emulator.http.server import LoopbackServer
from emulator.moto import setup as moto_setup
from emulator.moto import step_functions as moto_step_functions
from emulator.options import EmulatorOptions
from emulator.state.state import open_state

REGION = "us-east-1"
"""The only region whose Bedrock takes reinforcement fine-tuning (Bedrock User Guide, rft-nova-models)."""

LEASES_SECONDS = 120.0
"""Who was killed may hold a lease by the wall clock, such as the claim on a message (90 s): back-offs that pass faster
than it runs out would end in vain."""


class Emulator:
    """An emulated AWS with the project's stack deployed. Made by `start`; one per process at a time."""

    _running: Emulator | None = None

    def __init__(self, options: EmulatorOptions) -> None:
        self.options = options
        self.region = REGION
        self._cleanup = ExitStack()
        self._clients: dict[str, Any] = {}
        self._state = open_state(options.state, account=moto_setup.ACCOUNT, region=REGION, seed=options.seed)
        self._cleanup.callback(self._state.close)
        drawn = Credentials(f"AKIAEMULATED{secrets.token_hex(4).upper()}", secrets.token_urlsafe(30))
        self.credentials = self._state.credentials(drawn)
        self.faults: Faults = self._state.faults
        try:
            self._build()
        except BaseException:
            self._cleanup.close()
            raise

    @classmethod
    def start(cls, options: EmulatorOptions | None = None) -> Self:
        """Start everything and deploy the template. Raises ValueError for a template that cannot be deployed."""
        if Emulator._running is not None:
            raise RuntimeError("an emulator is running in this process already; moto keeps its state per process")
        emulator = cls(options or EmulatorOptions())
        Emulator._running = emulator
        return emulator

    def close(self) -> None:
        """End processes, threads and ports, and forget what is kept in no folder. Safe to repeat."""
        self._cleanup.close()
        if Emulator._running is self:
            Emulator._running = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def bucket(self) -> str:
        """Name of the data bucket."""
        return self.stack.physical_ids["DataBucket"]

    @property
    def state_machine_arn(self) -> str:
        return self.stack.physical_ids["TrainModel"]

    def execution_arn(self, name: str) -> str:
        """The ARN of an execution of the stack's state machine by its name, which is a run's id."""
        return f"{self.state_machine_arn.replace(':stateMachine:', ':execution:')}:{name}"

    @property
    def topic_arn(self) -> str:
        """The topic that outcomes are published to."""
        return self.stack.physical_ids["OutcomeTopic"]

    @property
    def graders(self) -> dict[str, str]:
        """ARNs of the deployed graders by name."""
        return self.stack.graders

    def client(self, service: str) -> Any:
        """A boto3 client of this emulator, with the throw-away credentials; one per service."""
        if service not in self._clients:
            self._clients[service] = self._session.client(  # type: ignore[call-overload]
                service, endpoint_url=self.endpoint, config=Config(proxies={}, max_pool_connections=32)
            )
        return self._clients[service]

    def add_function(
        self, name: str, folder: Path | str, *, timeout: int = 60, environment: dict[str, str] | None = None
    ) -> str:
        """Deploy a further function from a folder with app.py (`handler`), and return its ARN."""
        arn: str = self.client("lambda").create_function(
            FunctionName=name,
            Role=self._any_role(),
            Runtime="python3.13",
            Handler="app.handler",
            Code={"ZipFile": empty_archive()},
            Timeout=timeout,
        )["FunctionArn"]
        self._functions.add(
            FunctionSpec(
                name=name,
                logical_id=name,
                arn=arn,
                folder=Path(folder).resolve(),
                handler="app.handler",
                timeout=timeout,
                memory=512,
                environment=environment or {},
            ),
            self._worker_setting,
        )
        return arn

    def invoke(self, name_or_arn: str, payload: bytes) -> bytes:
        """Run a function by name, logical id or ARN, and return its payload, error payloads included."""
        return self._functions.invoke(name_or_arn, payload).payload

    def logs(self, name_or_arn: str) -> list[str]:
        """What a function printed, line by line. Raises UnknownFunction."""
        return self._functions.read_logs(name_or_arn)

    def fire(self, rule: str) -> None:
        """Let a schedule, by its rule's name, fire now."""
        self._events.fire(rule)

    def messages(self) -> list[dict[str, Any]]:
        """What was published to the outcome topic, oldest first: `subject` and `message` (decoded from JSON)."""
        return moto_setup.published_messages(self.topic_arn, self.region)

    def _build(self) -> None:
        template = self._load()
        self._clock = ScaledClock(
            self.options.speed, patience=LEASES_SECONDS if self._state.has_running_executions else 0.0
        )
        self._functions = Functions(
            faults=self.faults,
            clock=self._clock,
            workers=self.options.workers_per_function,
            dead_letter=partial(send_dead_letter, self.client),
        )
        self._events = EventBus(
            self._functions,
            self._start_execution,
            faults=self.faults,
            clock=self._clock,
            region=REGION,
            account=moto_setup.ACCOUNT,
        )
        self._cleanup.enter_context(
            moto_setup.installed(
                port=lambda: self._aws.port,
                clock=self._clock,
                deliver=self._events.deliver,
                put_event=self._events.put,
                execution_ended=self._execution_ended,
            )
        )
        self._cleanup.enter_context(self._state.install(self._deployed(template)))
        self._open_aws()
        self.stack = self._deploy(template)
        self._state.restore(self._bedrock.jobs, self._bedrock.models, self.options.faults)
        self._open_api()
        self._state.resume(self._bedrock.threads.start)
        schedules = Schedules(self._events.fire, self._clock)
        if self.options.schedules:
            schedules.start(moto_setup.schedules_of_default_bus(REGION))
        self._closes_first(
            self._bedrock.threads.close,
            self._functions.close,
            moto_step_functions.stop_executions,
            self._events.close,
            schedules.close,
            self._clock.close,
            self._state.freeze,
        )

    def _load(self) -> StackTemplate:
        return load(
            self.options.template,
            region=REGION,
            parameters=self.options.parameters,
            supported=moto_setup.supported_by_cloudformation,
        )

    def _open_aws(self) -> None:
        bedrock = self._bedrock = EmulatedBedrock(
            self.options,
            self._clock,
            self._state,
            region=REGION,
            account=moto_setup.ACCOUNT,
            client=self.client,
            invoke=self._functions.invoke_for_service,
            put_event=self._events.put,
        )
        self.bedrock = Bedrock(bedrock.jobs, self.faults)
        services: dict[str, Service] = {"bedrock": bedrock.service, "lambda": LambdaService(self._functions)}
        app = AwsPort(moto_setup.aws_application(), services, self.faults, self._clock, on_call=self._state.on_call)
        self._aws = LoopbackServer(app, self.options.port)
        self._cleanup.callback(self._aws.close)
        self.endpoint = self._aws.url
        self._session = boto3.session.Session(
            self.credentials.access_key, self.credentials.secret_key, region_name=REGION
        )
        self._worker_setting = WorkerSettings(
            endpoint=self.endpoint,
            region=REGION,
            access_key=self.credentials.access_key,
            secret_key=self.credentials.secret_key,
        )

    def _deploy(self, template: StackTemplate) -> Stack:
        stack = deploy(
            template,
            self.client,
            root=self.options.template.parent.resolve(),
            region=REGION,
            stack_name=self.options.stack_name,
            parameters=self._parameters(template),
        )
        for spec in stack.functions:
            if not spec.folder.is_dir():
                raise ValueError(f"the code of {spec.logical_id} is missing: there is no folder {spec.folder}")
            self._functions.add(spec, self._worker_setting)
        return stack

    def _deployed(self, template: StackTemplate) -> dict[str, Any]:
        """What makes the stack what it is, code in folders apart."""
        known = {
            "template": template.body,
            "unsupported": template.unsupported,
            "parameters": self._parameters(template),
        }
        return {**known, "stack_name": self.options.stack_name}

    def _parameters(self, template: StackTemplate) -> dict[str, str]:
        """The user's own, and for the judge a model id that says what answers here."""
        known = template.body.get("Parameters", {})
        judge = server_model_id(self.options.judge_model) if self.options.judge_url else STAND_IN
        return {**({"JudgeModelId": judge} if "JudgeModelId" in known else {}), **self.options.parameters}

    def _open_api(self) -> None:
        api = HttpApi(self.stack.api, self._functions, self.credentials, region=REGION, account=moto_setup.ACCOUNT)
        server = LoopbackServer(api, self.options.api_port)
        self._cleanup.callback(server.close)
        self.api_url = server.url

    def _closes_first(self, *actions: Callable[[], None]) -> None:
        """Actions for the end, the last one first."""
        for action in actions:
            self._cleanup.callback(action)

    def _any_role(self) -> str:
        """A function's role in the stack: nothing here is authorised by it, but moto asks for one that exists."""
        deployed = self.client("lambda").get_function_configuration(FunctionName=self.stack.functions[0].name)
        return str(deployed["Role"])

    def _execution_ended(self, execution: Any) -> None:
        self._state.on_execution_end(execution)
        self._events.execution_ended(execution)

    def _start_execution(self, state_machine_arn: str, name: str, payload: str) -> None:
        self.client("stepfunctions").start_execution(stateMachineArn=state_machine_arn, name=name, input=payload)
