"""Dataset rows as Bedrock reads them, and the manifest that records how they were made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import ConfigDict, Field

from rft.contracts.base import SPLITS as SPLITS  # noqa: PLC0414  dataset code finds them here
from rft.contracts.base import Contract, TextLine
from rft.contracts.base import SplitName as SplitName  # noqa: PLC0414
from rft.contracts.experiments.rounds import RoundSummary
from rft.contracts.run_request import HyperParameters, Split


class Message(Contract):
    """One turn of the prompt, text only; '' for an assistant's that only calls tools.

    Keys beyond these (a tool's call id) are passed on as they are.
    """

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str = ""


class DatasetRow(Contract):
    """One line of a dataset file. Keys beyond these are the task's and reach the grader as they are."""

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)

    messages: tuple[Message, ...] = Field(min_length=1)
    reference_answer: str | dict[str, Any]
    task_id: str = Field(min_length=1)
    domain: str
    data_source: str
    run_id: str

    @property
    def prompt(self) -> str:
        """All turns joined by new lines: what token statistics count."""
        return prompt_text(self.messages)


def prompt_text(messages: Sequence[Message]) -> str:
    """All turns joined by new lines."""
    return "\n".join([message.content for message in messages])


class TokenStatistics(Contract):
    """Prompt lengths in tokens, counted with `encoding`: an estimate, as Nova's own tokenizer is not published."""

    encoding: str
    min: int
    max: int
    mean: float
    p50: int
    p95: int
    p99: int
    total: int


class Recommendation(Contract):
    """One hyperparameter's value, where it came from, and why."""

    value: int | float | str
    source: Literal["request", "task", "statistics", "calibration", "pilot"]
    reason: str


def split_uri(folder: str, split: str, rows: int) -> str:
    """Where the rows of a split are, in a run's folder of its dataset."""
    return f"{folder}/{split}-{rows}.jsonl"


class SplitFile(Contract):
    """One written file of rows. `digest` is `sha256:<hex>` of its bytes."""

    uri: str
    rows: int
    groups: int
    bytes: int
    digest: str
    labels: dict[str, int]


class Source(Contract):
    """Source of the raw records. `digest` is `sha256:<hex>` of the bytes that were read."""

    uri: str
    bytes: int
    digest: str
    version: str | None = Field(default=None, description="S3 version id or ETag, where there is one.")


class RejectedRecord(Contract):
    """A raw record that was skipped: its position in the file (first is 1) and the reason.

    `line` is given where the text of a line could not be read, as blank lines hold no record.
    """

    position: int
    line: int | None = None
    reason: TextLine


class Manifest(Contract):
    """`dataset/manifest.json`: provenance of the training data, enough to reproduce it."""

    schema_version: Literal[1] = 1
    run_id: str
    task: str
    source: Source
    split: Split
    records: int = Field(description="Raw records read, bad ones included.")
    bad_records: tuple[RejectedRecord, ...]
    warnings: dict[str, int] = Field(description="Records accepted with a warning: kind of warning → count.")
    files: dict[SplitName, SplitFile]
    identities: dict[SplitName, str] = Field(
        default_factory=dict,
        description="sha256 over each split's rows without their run id: what `digest` is made of.",
    )
    dropped: dict[Literal["solved", "hopeless"], int] = Field(
        default_factory=dict, description="Training rows that dataset.difficulty left out."
    )
    round: RoundSummary | None = Field(default=None, description="For a run with from_run.")
    digest: str = Field(description="The dataset's identity: sha256 over its rows without their run id.")
    tokens: TokenStatistics
    hyperparameters: dict[str, Recommendation]
    shards: int = Field(default=1, description="Parts in which the source was read; 1: by one function.")

    def chosen_hyperparameters(self) -> HyperParameters:
        """The recommended values in Bedrock's shape."""
        return HyperParameters.model_validate({k: r.value for k, r in self.hyperparameters.items()})
