"""The body of `POST /experiments`: a base request, and arms that override some of its fields."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, field_validator, model_validator

from rft.contracts.base import MAX_INT32, Number, RequestPart, storable
from rft.contracts.deployments import DeploymentName
from rft.contracts.http.patterns import SLUG
from rft.contracts.run_request import Mode, RunRequest

MAX_ARMS = 64
"""Maximum number of arms: the experiment's record is one DynamoDB item, which is limited to 400 KB."""

CHANGEABLE = ("hyperparameters", "dataset", "grader", "smoke_test", "breaker", "calibration")
"""Sections of a request that an arm may override."""

ExperimentName = Annotated[str, StringConstraints(pattern=SLUG, max_length=32)]
"""32 characters leave room for an arm's number in the run's name."""

Path = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_]+(\.[A-Za-z_]+)*$", max_length=100)]
MAX_NESTING = 20
"""Maximum nesting of lists and objects in a value; DynamoDB allows 32 levels per item (service quotas)."""


def _storable_value(value: Any, levels: int = MAX_NESTING) -> Any:
    """Validates a value's nesting and numbers.

    Needed because a value that no random arm draws is not validated otherwise.
    """
    if isinstance(value, int | float):
        return storable(value)
    if isinstance(value, dict | list):
        if not levels:
            raise ValueError(f"nests over {MAX_NESTING} lists and objects")
        for part in value.values() if isinstance(value, dict) else value:
            _storable_value(part, levels - 1)
    return value


Value = Annotated[str | int | float | bool | dict[str, Any] | list[Any], AfterValidator(_storable_value)]
Objective = Literal["evaluation_difference", "kappa"]
MAX_ARM_NAME = 200
ArmName = Annotated[str, StringConstraints(pattern=r"^[ -~]+$", max_length=MAX_ARM_NAME)]


def _check_path(path: str) -> str:
    if path.partition(".")[0] not in CHANGEABLE:
        raise ValueError(f"{path} cannot differ between arms; {', '.join(CHANGEABLE)} can")
    return path


class ArmRequest(RequestPart):
    """One arm: base request fields by path (such as hyperparameters.learningRate), and their values."""

    name: ArmName
    changes: dict[Path, Value] = Field(default_factory=dict, max_length=20)

    @field_validator("changes")
    @classmethod
    def _changeable(cls, changes: dict[str, Any]) -> dict[str, Any]:
        for path in changes:
            _check_path(path)
        return changes


class NumberRange(RequestPart):
    """Numbers from `low` to `high`, uniform or log-uniform."""

    low: Number
    high: Number
    scale: Literal["linear", "log"] = "linear"
    integer: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low >= self.high:
            raise ValueError("low must be less than high")
        if self.scale == "log" and self.low <= 0:
            raise ValueError("scale log needs low above 0")
        return self


class ChoiceRange(RequestPart):
    """One of these values, each equally likely."""

    values: list[Value] = Field(min_length=1, max_length=MAX_ARMS)


class RandomArms(RequestPart):
    """`count` arms with randomly drawn values; the same seed draws the same values."""

    count: int = Field(ge=2, le=MAX_ARMS)
    seed: int = Field(default=42, ge=0, le=2**32 - 1)
    space: dict[Path, NumberRange | ChoiceRange] = Field(min_length=1, max_length=10)


class Budget(RequestPart):
    """Limits of the whole experiment, including dataset preparation; None disables a limit.

    `usd` covers training hours at `usd_per_training_hour` and judge tokens at the runs' forecast prices.
    """

    runs: int | None = Field(default=None, ge=1, le=MAX_ARMS)
    training_hours: Number | None = Field(default=None, gt=0, le=100_000)
    judge_calls: int | None = Field(default=None, ge=0, le=MAX_INT32)
    usd: Number | None = Field(default=None, gt=0, le=1e7, description="Needs usd_per_training_hour.")
    usd_per_training_hour: Number | None = Field(
        default=None, gt=0, le=1e6, description="Price of a training job per hour; without it no cost is estimated."
    )

    @model_validator(mode="after")
    def _usd_has_a_price(self) -> Self:
        if self.usd is not None and self.usd_per_training_hour is None:
            raise ValueError("usd needs usd_per_training_hour, the price of an hour of a training job")
        return self


class StopRule(RequestPart):
    """Early stopping of arms; a stopped arm produces no model.

    `async_halving`: at `first_step`, and at each doubling of it, an arm is stopped if its reward is in the lower half
    of all arms that have reached that step.
    """

    type: Literal["none", "async_halving"] = "none"
    first_step: int = Field(default=20, ge=2, le=10_000)


class ExperimentPromotion(RequestPart):
    """The deployment that the winner is promoted to; only an arm significantly better than all others wins."""

    deployment: DeploymentName


class ExperimentRequest(RequestPart):
    """One experiment. `name`, `base` and exactly one of `arms`, `grid` and `random` are required."""

    name: ExperimentName
    base: RunRequest
    arms: list[ArmRequest] | None = Field(default=None, min_length=2, max_length=MAX_ARMS)
    grid: dict[Path, Annotated[list[Value], Field(min_length=1, max_length=MAX_ARMS)]] | None = Field(
        default=None, min_length=1, max_length=10, description="Every combination of these values is an arm."
    )
    random: RandomArms | None = None
    budget: Budget = Budget()
    max_parallel: int = Field(
        default=2, ge=1, le=20, description="Maximum concurrent runs; Bedrock's default quota is two jobs."
    )
    objective: Objective = "evaluation_difference"
    stop_rule: StopRule = StopRule()
    promotion: ExperimentPromotion | None = None

    @model_validator(mode="before")
    @classmethod
    def _base_is_named(cls, fields: Any) -> Any:
        """Fills in the base's name: runs are named after the experiment, so the base needs none."""
        if isinstance(fields, dict) and isinstance(fields.get("base"), dict):
            return {**fields, "base": {"name": fields.get("name"), **fields["base"]}}
        return fields

    @model_validator(mode="after")
    def _one_kind_of_arms(self) -> Self:
        if sum(each is not None for each in (self.arms, self.grid, self.random)) != 1:
            raise ValueError("give exactly one of arms, grid and random")
        for path in (*(self.grid or ()), *(self.random.space if self.random else ())):
            _check_path(path)
        count = 1
        for values in (self.grid or {}).values():
            count *= len(values)
        if self.grid is not None and not 2 <= count <= MAX_ARMS:
            raise ValueError(f"grid has {count} combinations; an experiment has 2 to {MAX_ARMS} arms")
        return self

    @model_validator(mode="after")
    def _arms_are_measured(self) -> Self:
        base = self.base
        if base.mode is not Mode.TRAIN or not base.evaluation.enabled:
            raise ValueError("base needs mode train and evaluation.enabled: arms are ranked by their evaluation")
        if base.start_from is not None or base.promotion is not None:
            raise ValueError("base allows no start_from and no promotion; set promotion of the experiment")
        return self
