"""Turns raw records into rows, a batch at a time: the part of the work that any number of processes can share."""

from __future__ import annotations

import hashlib
import json
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import to_json

from rft.contracts.dataset import Message, RejectedRecord, prompt_text
from rft.contracts.grading import AUDIT, PROBE
from rft.datasets.records import RawRecord
from rft.datasets.row_ends import ROW_END_WITHOUT_RUN as ROW_END_WITHOUT_RUN  # noqa: PLC0414  rows are written with it
from rft.datasets.row_ends import row_end as row_end  # noqa: PLC0414
from rft.tasks.base import BadRecord, Example, Task
from rft.tasks.references import check_reference

CountTokens = Callable[[Sequence[str]], list[int]]

GROUP_BYTES = 8
"""Of a group's digest. Two prompts that share one by chance (1 in 10^7 for a million prompts) only stay together."""


@dataclass
class Rendered:
    """A batch: its rows' bodies end to end, and for each of them its length, group, label and prompt tokens.

    A body is a row without its end, which names split and run and is the same for all rows of a file. `bad` are the
    records that made no row; `warnings` count the accepted records with a warning, by kind.
    """

    records: int = 0
    bodies: bytes = b""
    lengths: array[int] = field(default_factory=lambda: array("I"))
    groups: array[int] = field(default_factory=lambda: array("Q"))
    labels: list[str] = field(default_factory=list)
    prompt_tokens: array[int] = field(default_factory=lambda: array("I"))
    bad: list[RejectedRecord] = field(default_factory=list)
    warnings: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Renderer:
    """Renders the records of one task. `seed` is the split's: a group's digest also gives its place in the order.

    A record whose reference `grader`, the name of one of ours, cannot use makes no row.
    """

    task: Task
    seed: int
    count_tokens: CountTokens
    grader: str | None = None

    def __call__(self, records: Sequence[RawRecord]) -> Rendered:
        """Rows in the order of their records."""
        rendered = Rendered(records=len(records))
        bodies: list[bytes] = []
        prompts: list[str] = []
        for record in records:
            try:
                example = _example(record, self.task)
                body = row_body(example, self.task, record.position, self.grader)
            except BadRecord as error:
                rendered.bad.append(RejectedRecord(position=record.position, line=record.line, reason=str(error)))
            else:
                bodies.append(body)
                prompts.append(prompt_text(example.messages))
                self._note(example, rendered)
        rendered.bodies = b"".join(bodies)
        rendered.lengths.extend(map(len, bodies))
        rendered.prompt_tokens.extend(self.count_tokens(prompts))
        return rendered

    def _note(self, example: Example, rendered: Rendered) -> None:
        rendered.groups.append(group_number(example.group, self.seed))
        rendered.labels.append(example.label or "")
        rendered.warnings.update({*example.warnings, *_reserved_warnings(example)})


def group_number(group: str, seed: int) -> int:
    """A group by the digest of its key: the same group, the same number; in an order that the seed shuffles."""
    key = group.encode("utf-8", "surrogatepass")
    digest = hashlib.blake2b(key, key=seed.to_bytes(8, "big"), digest_size=GROUP_BYTES).digest()
    return int.from_bytes(digest, "big")


def _example(record: RawRecord, task: Task) -> Example:
    if record.problem:
        raise BadRecord(record.problem)
    return task.read(record.value)


def row_body(example: Example, task: Task, position: int, grader: str | None = None) -> bytes:
    """A row as JSON, without its end.

    Raises BadRecord for a number beyond a float's range, which JSON can hold, and for a reference that `grader`
    cannot use.
    """
    content = _content(example, task, position)
    check_reference(grader, content)
    body: bytes = to_json(content, inf_nan_mode="constants")
    if b"Infinity" in body and _has_infinity(body):
        raise BadRecord("holds a number that is too large")
    return body[:-1]


def _turn(message: Message) -> dict[str, Any]:
    """As model_dump, which takes half of the time that a row takes."""
    content = {"content": message.content} if message.content else {}
    return {"role": message.role, **content, **(message.model_extra or {})}


def _has_infinity(body: bytes) -> bool:
    """As a number, and not just as a word of a text."""
    found: list[str] = []
    json.loads(body, parse_constant=found.append)
    return bool(found)


RESERVED_KEYS = frozenset({"split", "run_id", PROBE, AUDIT})
"""Keys that this project gives a meaning: a record's own are dropped, also from its metadata, with a warning."""


def _content(example: Example, task: Task, position: int) -> dict[str, Any]:
    """A DatasetRow without its split and run id, keys in their order in the file; those a record brings are dropped."""
    extra = _without_reserved(example.extra or {})
    if isinstance(extra.get("metadata"), dict):
        extra["metadata"] = _without_reserved(extra["metadata"])
    return {
        "messages": [_turn(message) for message in example.messages],
        "reference_answer": example.reference_answer,
        "task_id": extra.pop("task_id", f"{task.name}-{position:06d}"),
        "domain": example.domain,
        "data_source": extra.pop("data_source", task.name),
        **extra,
    }


def _without_reserved(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key not in RESERVED_KEYS}


def _reserved_warnings(example: Example) -> Iterator[str]:
    extra = example.extra or {}
    metadata = extra.get("metadata")
    found = RESERVED_KEYS & (extra.keys() | (metadata.keys() if isinstance(metadata, dict) else set()))
    return (f"reserved_key_{key}" for key in found)
