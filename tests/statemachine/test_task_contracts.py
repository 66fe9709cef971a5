"""What the state machine passes to a step and reads of it, against the step's contracts."""

from __future__ import annotations

import re

import pytest

from rft.contracts.base import Contract
from rft.contracts.probe_batches import CompletedPart, RunProbeBatchInput
from rft.contracts.shards import (
    IndexedShard,
    IndexShardInput,
    JoinShardsInput,
    PlanShardsInput,
    ShardPlan,
    WriteShardInput,
    WrittenShard,
)
from rft.contracts.steps import (
    ApprovalInput,
    ApprovalOutcome,
    CalibrateInput,
    CalibrationOutcome,
    CheckDeploymentInput,
    CheckJudgeInput,
    CheckPromotionInput,
    CheckTrainingInput,
    CompareModelsInput,
    DeployedModel,
    DeployJudgeInput,
    DeploymentCheck,
    DeployModelInput,
    EvaluatedPart,
    EvaluateModelInput,
    ExecutionInput,
    ForecastInput,
    ForecastOutcome,
    ModelComparison,
    PreparedDataset,
    PromoteModelInput,
    PromotionCheck,
    RunOutcome,
    SmokeTestInput,
    SmokeTestOutcome,
    StartedJob,
    StartTrainingInput,
    TrainingCheck,
    WaitInput,
    WrittenReport,
)
from tests.kit.project import STATES, TASKS
from tests.statemachine.machine import expressions

INPUTS: dict[str, type[Contract]] = {
    "PrepareDataset": ExecutionInput,
    "IndexShard": IndexShardInput,
    "PlanShards": PlanShardsInput,
    "WriteShard": WriteShardInput,
    "JoinShards": JoinShardsInput,
    "SmokeTestGrader": SmokeTestInput,
    "RunProbeBatch": RunProbeBatchInput,
    "ForecastRun": ForecastInput,
    "RequestApproval": ApprovalInput,
    "StartTraining": StartTrainingInput,
    "WaitForQuota": WaitInput,
    "WaitForTraining": WaitInput,
    "CheckTraining": CheckTrainingInput,
    "CalibrateBase": CalibrateInput,
    "DeployModel": DeployModelInput,
    "CheckDeployment": CheckDeploymentInput,
    "EvaluateModel": EvaluateModelInput,
    "CompareModels": CompareModelsInput,
    "DeployJudge": DeployJudgeInput,
    "CheckJudge": CheckJudgeInput,
    "PromoteModel": PromoteModelInput,
    "CheckPromotion": CheckPromotionInput,
    "WriteReport": RunOutcome,
    "RecordOutcome": RunOutcome,
}
OUTPUTS: dict[str, type[Contract]] = {
    "PrepareDataset": PreparedDataset,
    "IndexShard": IndexedShard,
    "PlanShards": ShardPlan,
    "WriteShard": WrittenShard,
    "JoinShards": PreparedDataset,
    "SmokeTestGrader": SmokeTestOutcome,
    "RunProbeBatch": CompletedPart,
    "ForecastRun": ForecastOutcome,
    "RequestApproval": ApprovalOutcome,
    "StartTraining": StartedJob,
    "CheckTraining": TrainingCheck,
    "CalibrateBase": CalibrationOutcome,
    "DeployModel": DeployedModel,
    "CheckDeployment": DeploymentCheck,
    "EvaluateModel": EvaluatedPart,
    "CompareModels": ModelComparison,
    "CheckPromotion": PromotionCheck,
    "CheckJudge": DeploymentCheck,
    "WriteReport": WrittenReport,
}


@pytest.mark.parametrize("step", INPUTS)
def test_a_task_passes_the_fields_of_its_contract(step: str) -> None:
    fields = INPUTS[step].model_fields
    passed = set(TASKS[step]["Arguments"]["Payload"])
    assert {name for name, field in fields.items() if field.is_required()} <= passed <= set(fields)


@pytest.mark.parametrize(
    ("state", "producer"),
    [
        ("SmokeTestGrader", "SmokeTestGrader"),
        ("StartTraining", "StartTraining"),
        ("GraderTrusted?", "SmokeTestGrader"),
        ("Affordable?", "ForecastRun"),
        ("ApprovalNeeded?", "ForecastRun"),
        ("Approved?", "RequestApproval"),
        ("TrainingEnded?", "CheckTraining"),
        ("JobStarted?", "StartTraining"),
        ("Learnable?", "CalibrateBase"),
        ("DeployModel", "DeployModel"),
        ("ModelDeployed?", "DeployModel"),
        ("DeploymentActive?", "CheckDeployment"),
    ],
)
def test_fields_read_from_a_step_are_in_its_contract(state: str, producer: str) -> None:
    own = STATES[state].get("Assign", {}) if state == producer else STATES[state]
    prefix = "$states.result.Payload." if state == producer else "$states.input."
    read = {part.split(prefix)[1] for text in expressions(own) for part in _paths(text) if part.startswith(prefix)}
    assert read
    assert read <= set(OUTPUTS[producer].model_fields)


def _paths(text: str) -> list[str]:
    return re.findall(r"\$[a-zA-Z_.]+", text)
