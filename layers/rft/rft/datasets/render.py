"""Renders raw records as rows, a batch at a time; runs in any number of processes."""

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
"""Bytes of a group's digest. Prompts that collide (1 in 10^7 for a million prompts) merely stay in one split."""


@dataclass
class Rendered:
    """A batch: concatenated row bodies, with length, group, label and prompt tokens of each.

    A body is a row without its end, which names split and run and is the same for all rows of a file. `bad`: records
    that could not be rendered; `warnings`: accepted records with a warning, by kind.
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
    """Renders the records of one task.

    `seed` is the split's: a group's digest also determines its order. A record whose reference the named `grader` of
    this project cannot use is bad.
    """

    task: Task
    seed: int
    count_tokens: CountTokens
    grader: str | None = None

    def __call__(self, records: Sequence[RawRecord]) -> Rendered:
        """Returns rows in the order of their records."""
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
    """Digest of a group's key: equal groups have equal numbers, in an order shuffled by the seed."""
    key = group.encode("utf-8", "surrogatepass")
    digest = hashlib.blake2b(key, key=seed.to_bytes(8, "big"), digest_size=GROUP_BYTES).digest()
    return int.from_bytes(digest, "big")


def _example(record: RawRecord, task: Task) -> Example:
    if record.problem:
        raise BadRecord(record.problem)
    return task.read(record.value)


def row_body(example: Example, task: Task, position: int, grader: str | None = None) -> bytes:
    """Serialises a row as JSON, without its end.

    Raises BadRecord for a number beyond a float's range, and for a reference that `grader` cannot use.
    """
    content = _content(example, task, position)
    check_reference(grader, content)
    body: bytes = to_json(content, inf_nan_mode="constants")
    if b"Infinity" in body and _has_infinity(body):
        raise BadRecord("holds a number that is too large")
    return body[:-1]


def _turn(message: Message) -> dict[str, Any]:
    # Faster than model_dump, which takes half of a row's time.
    content = {"content": message.content} if message.content else {}
    return {"role": message.role, **content, **(message.model_extra or {})}


def _has_infinity(body: bytes) -> bool:
    # Checks numbers, not text.
    found: list[str] = []
    json.loads(body, parse_constant=found.append)
    return bool(found)


RESERVED_KEYS = frozenset({"split", "run_id", PROBE, AUDIT})
"""Keys reserved by this project: dropped from records, including their metadata, with a warning."""


def _content(example: Example, task: Task, position: int) -> dict[str, Any]:
    """A DatasetRow without split and run id, in the file's key order; reserved keys of the record are dropped."""
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
