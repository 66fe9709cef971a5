"""What every task provides: the meaning of one dataset format."""

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
    """A raw record that cannot become a row; the message is the reason, without the position."""


@dataclass(frozen=True)
class Example:
    """A raw record, read: everything of its row but task_id and run_id.

    `group` is the key that must not straddle splits; `label` is for figures and stratified sampling; `warnings`
    name accepted irregularities (for example `answer_not_text`); `extra` are further top-level keys of the row,
    and may give the row a `task_id` or `data_source` of its own.
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
    """Answers we write ourselves to prove a grader; empty where the task cannot know one.

    `swapped`: a right answer with nothing but its verdict or number changed. `padded`: the first right answer with
    empty words, where those would break its form anywhere but at a certain place. Answers that are wrong for any task,
    and attacks, are the smoke test's own (`rft.smoke_test.attacks`).
    """

    right: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    malformed: tuple[str, ...] = ()
    swapped: tuple[str, ...] = ()
    padded: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """What a row that compares two responses can prove besides. Verdicts are the task's own words.

    `answers`: verdict → an answer that gives it. `label`: the majority's verdict; `annotators`: each one's, where the
    row has them. `longer`: the verdict that prefers the longer response. `mirrored`: the row with its responses
    swapped and all verdicts turned; `mirrored_answers`: verdict on the row as it is → the answer that gives it there.
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
        """The word in a request's `dataset.task` and in each row's `data_source`."""
        ...

    @property
    def default_grader(self) -> str | None:
        """Name of the grader used when a request names none; None where the request must."""
        ...

    @property
    def preset(self) -> Mapping[str, Chosen]:
        """Hyperparameters that suit the task, by Bedrock's names."""
        ...

    def read(self, raw: object) -> Example:
        """Turn one raw record into an example. Raises BadRecord with the reason."""
        ...

    def probes(self, row: DatasetRow) -> Probes:
        """Right, wrong and malformed answers to a row that this task wrote."""
        ...

    def label(self, row: DatasetRow) -> str | None:
        """The row's label, as `read` gave it."""
        ...


@runtime_checkable
class ComparesResponses(Protocol):
    """A task whose rows compare two responses."""

    def comparison(self, row: DatasetRow) -> Comparison | None:
        """What there is to compare; None where the row lacks the two responses."""
        ...


def comparison(task: Task, row: DatasetRow) -> Comparison | None:
    """The row's comparison; None for tasks whose rows compare nothing."""
    return task.comparison(row) if isinstance(task, ComparesResponses) else None


@runtime_checkable
class GroupsRows(Protocol):
    """A task whose prompts hold more than what its groups are made of."""

    def group(self, row: DatasetRow) -> str:
        """The key that the row's record had: rows that share it are not independent."""
        ...


def row_group(task: Task, row: DatasetRow) -> str:
    """The key of the group that a written row belongs to; without a rule of the task's own, what users say in it."""
    return task.group(row) if isinstance(task, GroupsRows) else prompt_group(row)


def prompt_group(row: DatasetRow) -> str:
    """The key of what users say in a row."""
    return group_key(*(message.content for message in row.messages if message.role == "user"))


def group_key(*texts: str) -> str:
    """The key of a prompt made of these texts: the same however it is spaced, capitalised or composed in Unicode.

    Parts stay separate, so ("a b", "") and ("a", "b") are different prompts.
    """
    return "\x1f".join(" ".join(unicodedata.normalize("NFKC", text).casefold().split()) for text in texts)
