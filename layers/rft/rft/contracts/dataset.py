"""Dataset rows in Bedrock's format, and the manifest with their provenance."""

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
    """One turn of the prompt, text only; `content` is '' for an assistant turn that only calls tools.

    Unknown keys (such as a tool call's id) are passed through unchanged.
    """

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str = ""


class DatasetRow(Contract):
    """One line of a dataset file. Unknown keys belong to the task and reach the grader unchanged."""

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)

    messages: tuple[Message, ...] = Field(min_length=1)
    reference_answer: str | dict[str, Any]
    task_id: str = Field(min_length=1)
    domain: str
    data_source: str
    run_id: str

    @property
    def prompt(self) -> str:
        """All turns joined by newlines; token statistics are counted on this text."""
        return prompt_text(self.messages)


def prompt_text(messages: Sequence[Message]) -> str:
    return "\n".join([message.content for message in messages])


class TokenStatistics(Contract):
    """Prompt lengths in tokens, counted with `encoding`: an estimate, because Nova's tokenizer is not published."""

    encoding: str
    min: int
    max: int
    mean: float
    p50: int
    p95: int
    p99: int
    total: int


class Recommendation(Contract):
    """A recommended value of one hyperparameter, its source and the reason."""

    value: int | float | str
    source: Literal["request", "task", "statistics", "calibration", "pilot"]
    reason: str


def split_uri(folder: str, split: str, rows: int) -> str:
    return f"{folder}/{split}-{rows}.jsonl"


class SplitFile(Contract):
    """A split's data file. `digest` is `sha256:<hex>` of its bytes."""

    uri: str
    rows: int
    groups: int
    bytes: int
    digest: str
    labels: dict[str, int]


class Source(Contract):
    """The raw dataset file. `digest` is `sha256:<hex>` of the bytes that were read."""

    uri: str
    bytes: int
    digest: str
    version: str | None = Field(default=None, description="S3 version id or ETag, if available.")


class RejectedRecord(Contract):
    """A raw record that was skipped, its 1-based position in the file, and the reason.

    `line` is set if the line could not be parsed; it differs from the position because blank lines hold no record.
    """

    position: int
    line: int | None = None
    reason: TextLine


class Manifest(Contract):
    """Content of `dataset/manifest.json`: provenance of the training data, sufficient to reproduce it."""

    schema_version: Literal[1] = 1
    run_id: str
    task: str
    source: Source
    split: Split
    records: int = Field(description="Raw records read, including rejected ones.")
    bad_records: tuple[RejectedRecord, ...]
    warnings: dict[str, int] = Field(description="Records accepted with a warning: kind of warning → count.")
    files: dict[SplitName, SplitFile]
    identities: dict[SplitName, str] = Field(
        default_factory=dict,
        description="sha256 of each split's rows without their run id; `digest` is derived from these.",
    )
    dropped: dict[Literal["solved", "hopeless"], int] = Field(
        default_factory=dict, description="Training rows removed by dataset.difficulty."
    )
    round: RoundSummary | None = Field(default=None, description="Only for a run with from_run.")
    digest: str = Field(description="Identifies the dataset: sha256 of its rows without their run id.")
    tokens: TokenStatistics
    hyperparameters: dict[str, Recommendation]
    shards: int = Field(default=1, description="Number of parts in which the source was read; 1: by a single function.")

    def chosen_hyperparameters(self) -> HyperParameters:
        return HyperParameters.model_validate({k: r.value for k, r in self.hyperparameters.items()})
