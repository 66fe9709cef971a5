"""The interface of a task: the meaning of one dataset format."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from rft.contracts.dataset import DatasetRow, Message

Chosen = tuple[int | float | str, str]
"""A hyperparameter's value, and the reason for it."""

RIGHT_OR_WRONG: Mapping[str, Chosen] = {
    "learningRate": (1e-5, "AWS's samples use 1e-5; an answer is right or wrong, so rewards are noisy"),
    "trainingSamplePerPrompt": (8, "answers are right or wrong: of few to a prompt, all are often the same"),
}


class BadRecord(ValueError):
    """A raw record that cannot become a row. The message is the reason, without the position."""


@dataclass(frozen=True)
class Example:
    """A parsed raw record: everything in its row except task_id and run_id.

    `group` is the key that must not be in more than one split; `label` is for figures and stratified sampling;
    `warnings` name accepted irregularities (for example `answer_not_text`); `extra` are further top-level keys of the
    row, which may set its `task_id` or `data_source`.
    """

    messages: tuple[Message, ...]
    reference_answer: str | dict[str, Any]
    domain: str
    group: str
    label: str | None = None
    warnings: tuple[str, ...] = ()
    extra: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Probes:
    """Answers of known quality for the smoke test; empty if the task cannot know any.

    `swapped`: a right answer with only its verdict or number changed. `padded`: the first right answer with filler, for
    formats in which filler is valid only at one position. Answers that are wrong for any task, and attacks, belong to
    the smoke test (`rft.smoke_test.attacks`).
    """

    right: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    malformed: tuple[str, ...] = ()
    swapped: tuple[str, ...] = ()
    padded: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """Data of a row that compares two responses. Verdicts are the task's own words.

    `answers`: verdict → an answer that gives it. `label`: the majority's verdict; `annotators`: the verdict of each, if
    the row has them. `longer`: the verdict for the longer response. `mirrored`: the row with its responses swapped and
    all verdicts inverted; `mirrored_answers`: verdict on the original row → the answer that gives it on the mirrored
    row.
    """

    answers: Mapping[str, str]
    label: str
    annotators: tuple[str, ...]
    longer: str
    mirrored: DatasetRow
    mirrored_answers: Mapping[str, str]


class Task(Protocol):
    """One dataset format. Implementations are stateless and pure."""

    @property
    def name(self) -> str:
        """The value of `dataset.task` in a request, and of `data_source` in each row."""
        ...

    @property
    def default_grader(self) -> str | None:
        """The name of the grader for requests that name none; None if the request must name one."""
        ...

    @property
    def preset(self) -> Mapping[str, Chosen]:
        """Default hyperparameters of the task, by Bedrock's names."""
        ...

    def read(self, raw: object) -> Example:
        """Parses one raw record. Raises BadRecord with the reason."""
        ...

    def probes(self, row: DatasetRow) -> Probes:
        """Right, wrong and malformed answers to a row that this task produced."""
        ...

    def label(self, row: DatasetRow) -> str | None:
        """The label that `read` assigned to the row."""
        ...


@runtime_checkable
class ComparesResponses(Protocol):
    def comparison(self, row: DatasetRow) -> Comparison | None:
        """The comparison; None if the row lacks the two responses."""
        ...


def comparison(task: Task, row: DatasetRow) -> Comparison | None:
    """The row's comparison; None for tasks without comparisons."""
    return task.comparison(row) if isinstance(task, ComparesResponses) else None


@runtime_checkable
class GroupsRows(Protocol):
    """A task with a group key that is not the whole prompt."""

    def group(self, row: DatasetRow) -> str:
        """The group key of the row's record. Rows with the same key are not independent."""
        ...


def row_group(task: Task, row: DatasetRow) -> str:
    """The group key of a written row: by the task's own rule, else the text of its user messages."""
    return task.group(row) if isinstance(task, GroupsRows) else prompt_group(row)


def prompt_group(row: DatasetRow) -> str:
    """The group key from the text of the user messages."""
    return group_key(*(message.content for message in row.messages if message.role == "user"))


def group_key(*texts: str) -> str:
    """The key of a prompt with these texts, independent of white space, case and Unicode composition.

    Parts stay separate: ("a b", "") and ("a", "b") are different prompts.
    """
    return "\x1f".join(" ".join(unicodedata.normalize("NFKC", text).casefold().split()) for text in texts)
