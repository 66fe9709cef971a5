"""Parsing, prompts, grouping and probes for each dataset format. Pure; one file per task."""

from __future__ import annotations

from dataclasses import replace

from rft.contracts.dataset import DatasetRow
from rft.errors import InvalidRequest
from rft.rewards.samples import UngradableSample
from rft.tasks.base import Probes, Task
from rft.tasks.code import Code
from rft.tasks.finqa import FinQa
from rft.tasks.gsm8k import Gsm8k
from rft.tasks.pandalm import PandaLm
from rft.tasks.prompted import prompted_probes
from rft.tasks.rft import RftRows, own_probes
from rft.tasks.rubric import RubricPrompts

TASKS: dict[str, Task] = {each.name: each for each in (PandaLm(), Gsm8k(), FinQa(), Code(), RubricPrompts(), RftRows())}
"""All tasks, by the value of `dataset.task`."""

_PUBLISHED = frozenset({PandaLm.name, Gsm8k.name, FinQa.name})


def task(name: str) -> Task:
    """The task of this name. Raises InvalidRequest (dataset.task) listing the known ones."""
    if name not in TASKS:
        raise InvalidRequest(f"no task {name!r}; known are {', '.join(sorted(TASKS))}", field="dataset.task")
    return TASKS[name]


def row_probes(row: DatasetRow) -> Probes:
    """Probes of a row of any task: its own, else those of the task that it names, else those for its prompt's format.

    A row's own probes are completed by near misses and malformed answers if its prompt defines a known format.
    """
    own = own_probes(row)
    if own is not None:
        more = prompted_probes(row) or Probes()
        return replace(own, swapped=more.swapped, malformed=more.malformed)
    try:
        return _named(row.data_source).probes(row)
    except UngradableSample:
        return TASKS[RftRows.name].probes(row)


def _named(source: str) -> Task:
    """The task with this name, or whose name is part of a published source such as openai/gsm8k.

    Else the plain-row task.
    """
    named = (each for name, each in TASKS.items() if name in _PUBLISHED and name in source.casefold())
    return TASKS.get(source) or next(named, TASKS[RftRows.name])
