"""A run with a prepared dataset, and models with scripted answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from rft import wiring
from rft.contracts.dataset import Manifest, Message
from rft.contracts.ledger import RunRecord, RunStatus
from rft.contracts.run_request import RunRequest
from rft.contracts.steps import CalibrationOutcome, DeployedModel, EvaluationPart, ModelComparison, PreparedDataset
from rft.forecast.prices import LIST_PRICES
from rft.steps.evaluation.calibrate_base import calibrate_base
from rft.steps.evaluation.check_deployment import check_deployment
from rft.steps.evaluation.check_promotion import check_promotion
from rft.steps.evaluation.compare_models import compare_models
from rft.steps.evaluation.deploy_model import deploy_model
from rft.steps.evaluation.evaluate_model import evaluate_model
from rft.steps.evaluation.promote_model import promote_model
from tests.kit.fake_preparation import FakePreparation, record
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.grader import CallableGrader, honest
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.fakes.models import MemoryDeploymentRecords, MemoryDeployments, MemorySampler
from tests.kit.fakes.store import MemoryStore
from tests.kit.records import RUN_ID

GRADER = "arn:aws:lambda:us-east-1:123456789012:function:pandalm:live"
BASE = "us.amazon.nova-2-lite-v1:0"
MODEL = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-2-lite-v1:0:256k/abcdef123456"


def verdict(text: str) -> str:
    return f"JUDGMENT: {text}\nREASONING: so it is."


class WatchedStore(MemoryStore):
    """Records which objects are read."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[str] = []

    def get_bytes(self, uri: str) -> bytes:
        self.read.append(uri)
        return super().get_bytes(uri)


class FakeEvaluation:
    """300 comparisons in prompt groups of three; `request` has the fields of the run's request.

    The base model always prefers Response 1; the tuned model is right (the label of odd test records is Response 1).
    """

    def __init__(self, **request: Any) -> None:
        prepared = FakePreparation().holds([record(number) for number in range(300)])
        self.dataset: PreparedDataset = prepared.prepare(**request.pop("dataset", {}))
        self.store = WatchedStore()
        self.store.objects = prepared.store.objects
        self.ledger: MemoryLedger = prepared.ledger
        self.clock = FixedClock()
        self.request = RunRequest.model_validate({**self.record.request.model_dump(mode="json"), **request})
        self.sampler = MemorySampler(self.reply)
        self.deployments = MemoryDeployments()
        self.records = MemoryDeploymentRecords()
        self.grader = CallableGrader(honest)

    def reply(self, model_id: str, messages: Sequence[Message]) -> str:
        """Answer as described for the class; the record's number is in its responses."""
        text = messages[-1].content
        if model_id == BASE:
            return verdict("Response 1")
        number = int(text.split("answer to ")[1].split(":")[0].split(".")[0])
        swapped = text.index("First answer") > text.index("Second answer")
        first_is_better = (number % 2 == 1) != swapped
        return verdict("Response 1" if first_is_better else "Response 2")

    def at(self, status: RunStatus) -> FakeEvaluation:
        """Advance the run to a stage; from TRAINING on it has a model."""
        way = [RunStatus.SMOKE_TESTING, RunStatus.STARTING, RunStatus.TRAINING, RunStatus.EVALUATING]
        for step in way[: way.index(status) + 1]:
            self.ledger.transition(RUN_ID, step)
        if status in way[2:]:
            self.ledger.update(RUN_ID, {"model_arn": MODEL})
        return self

    def calibrate(self, **more: Any) -> CalibrationOutcome:
        return calibrate_base(
            run_id=RUN_ID,
            request=self.request,
            dataset=self.dataset,
            grader_arn=GRADER,
            base_model_id=BASE,
            sampler=self.sampler,
            invoker=self.grader,
            store=self.store,
            ledger=self.ledger,
            clock=self.clock,
            **{"prices": LIST_PRICES, **more},
        )

    def deploy(self) -> DeployedModel:
        return deploy_model(
            run_id=RUN_ID,
            request=self.request,
            dataset=self.dataset,
            stack_name="rft",
            deployments=self.deployments,
            ledger=self.ledger,
            store=self.store,
        )

    def check(self) -> str:
        arn = self.deployments.deployments[RUN_ID].arn if self.deployments.deployments else "arn:none"
        return check_deployment(
            run_id=RUN_ID,
            deployment_arn=arn,
            deployments=self.deployments,
            ledger=self.ledger,
            history=self.ledger,
            clock=self.clock,
        ).status

    def evaluate(self, part: EvaluationPart) -> int:
        model_id = BASE if part.model == "base" else self.deployments.deployments[RUN_ID].arn
        return evaluate_model(
            run_id=RUN_ID,
            request=self.request,
            dataset=self.dataset,
            grader_arn=GRADER,
            model_id=model_id,
            part=part,
            sampler=self.sampler,
            invoker=self.grader,
            store=self.store,
            ledger=self.ledger,
            history=self.ledger,
            clock=self.clock,
        ).answers

    def compare(self) -> ModelComparison:
        return compare_models(
            run_id=RUN_ID, request=self.request, dataset=self.dataset, ledger=self.ledger, store=self.store
        )

    def promote(self) -> None:
        promote_model(
            run_id=RUN_ID,
            request=self.request,
            stack_name="rft",
            deployments=self.deployments,
            records=self.records,
            ledger=self.ledger,
            clock=self.clock,
        )

    def check_promotion(self) -> bool:
        return check_promotion(
            run_id=RUN_ID,
            request=self.request,
            dataset=self.dataset,
            grader_arn=GRADER,
            deployments=self.deployments,
            records=self.records,
            sampler=self.sampler,
            invoker=self.grader,
            store=self.store,
            ledger=self.ledger,
            clock=self.clock,
        ).ended

    def evaluated(self) -> FakeEvaluation:
        """Deploy the model and store both models' answers."""
        for part in self.deploy().parts:
            self.evaluate(part)
        return self

    @property
    def record(self) -> RunRecord:
        return self.ledger.get(RUN_ID)

    @property
    def test_uri(self) -> str:
        manifest = Manifest.model_validate_json(self.store.objects[self.dataset.manifest_uri])
        return manifest.files["test"].uri


def wire(fake: FakeEvaluation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Patch the wiring to use the fake's ports and the stack's settings."""
    ports = {
        "ledger": fake.ledger,
        "run_history": fake.ledger,
        "object_store": fake.store,
        "model_sampler": fake.sampler,
        "model_deployments": fake.deployments,
        "deployment_records": fake.records,
        "grader_invoker": fake.grader,
        "clock": fake.clock,
    }
    for name, port in ports.items():
        monkeypatch.setattr(wiring, name, lambda port=port: port)
    monkeypatch.setenv("BASE_MODEL_ID", BASE)
    monkeypatch.setenv("STACK_NAME", "rft")
