"""The body of `POST /experiments`: one base request, and arms that each change some of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, field_validator, model_validator

from rft.contracts.base import MAX_INT32, Number, RequestPart, storable
from rft.contracts.deployments import DeploymentName
from rft.contracts.http.patterns import SLUG
from rft.contracts.run_request import Mode, RunRequest

MAX_ARMS = 64
"""Arms of an experiment: its record is one item of the ledger, which holds 400 KB."""

CHANGEABLE = ("hyperparameters", "dataset", "grader", "smoke_test", "breaker", "calibration")
"""Parts of a request that an arm may change: data, reward and training."""

ExperimentName = Annotated[str, StringConstraints(pattern=SLUG, max_length=32)]
"""32 characters leave room for an arm's number in the name of its run."""

Path = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_]+(\.[A-Za-z_]+)*$", max_length=100)]
MAX_NESTING = 20
"""Of lists and objects in a value. DynamoDB takes 32 levels of a whole item (service quotas)."""


def _storable_value(value: Any, levels: int = MAX_NESTING) -> Any:
    """A value need not become part of a request that is checked: a random arm may not draw it."""
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
    """One arm: fields of the base request by their path, such as hyperparameters.learningRate, and their values."""

    name: ArmName
    changes: dict[Path, Value] = Field(default_factory=dict, max_length=20)

    @field_validator("changes")
    @classmethod
    def _changeable(cls, changes: dict[str, Any]) -> dict[str, Any]:
        for path in changes:
            _check_path(path)
        return changes


class NumberRange(RequestPart):
    """Numbers from `low` to `high`, evenly spread, or evenly in their logarithm."""

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
    """One of these values."""

    values: list[Value] = Field(min_length=1, max_length=MAX_ARMS)


class RandomArms(RequestPart):
    """`count` arms whose values are drawn at random; the same seed draws the same."""

    count: int = Field(ge=2, le=MAX_ARMS)
    seed: int = Field(default=42, ge=0, le=2**32 - 1)
    space: dict[Path, NumberRange | ChoiceRange] = Field(min_length=1, max_length=10)


class Budget(RequestPart):
    """Limits of the whole experiment, the preparation of its datasets among them; None sets no limit.

    `usd` bounds training hours at `usd_per_training_hour`, and judges' tokens at the runs' forecast prices.
    """

    runs: int | None = Field(default=None, ge=1, le=MAX_ARMS)
    training_hours: Number | None = Field(default=None, gt=0, le=100_000)
    judge_calls: int | None = Field(default=None, ge=0, le=MAX_INT32)
    usd: Number | None = Field(default=None, gt=0, le=1e7, description="Needs usd_per_training_hour.")
    usd_per_training_hour: Number | None = Field(
        default=None, gt=0, le=1e6, description="Price of an hour of a training job; without it no USD are estimated."
    )

    @model_validator(mode="after")
    def _usd_has_a_price(self) -> Self:
        if self.usd is not None and self.usd_per_training_hour is None:
            raise ValueError("usd needs usd_per_training_hour, the price of an hour of a training job")
        return self


class StopRule(RequestPart):
    """Which arms are stopped before their end; a stopped arm leaves no model.

    `async_halving`: at `first_step`, and at each step twice the one before, an arm whose reward is in the lower half of
    the arms that have reached that step.
    """

    type: Literal["none", "async_halving"] = "none"
    first_step: int = Field(default=20, ge=2, le=10_000)


class ExperimentPromotion(RequestPart):
    """Which deployment the winner takes over; only an arm that is shown to be better than all others is one."""

    deployment: DeploymentName


class ExperimentRequest(RequestPart):
    """One experiment. `name`, `base` and exactly one of `arms`, `grid` and `random` are required."""

    name: ExperimentName
    base: RunRequest
    arms: list[ArmRequest] | None = Field(default=None, min_length=2, max_length=MAX_ARMS)
    grid: dict[Path, Annotated[list[Value], Field(min_length=1, max_length=MAX_ARMS)]] | None = Field(
        default=None, min_length=1, max_length=10, description="Each combination of these values is an arm."
    )
    random: RandomArms | None = None
    budget: Budget = Budget()
    max_parallel: int = Field(default=2, ge=1, le=20, description="Runs at a time; Bedrock's usual quota is two jobs.")
    objective: Objective = "evaluation_difference"
    stop_rule: StopRule = StopRule()
    promotion: ExperimentPromotion | None = None

    @model_validator(mode="before")
    @classmethod
    def _base_is_named(cls, fields: Any) -> Any:
        """Runs are named after the experiment, so a base needs no name."""
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
