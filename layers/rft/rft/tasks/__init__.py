"""How each dataset format is read, prompted, grouped and probed. Pure; one file per task."""

from __future__ import annotations

from rft.errors import InvalidRequest
from rft.tasks.base import Task
from rft.tasks.finqa import FinQa
from rft.tasks.gsm8k import Gsm8k
from rft.tasks.pandalm import PandaLm
from rft.tasks.rft import RftRows

TASKS: dict[str, Task] = {each.name: each for each in (PandaLm(), Gsm8k(), FinQa(), RftRows())}
"""All known tasks by the word that a request uses."""


def task(name: str) -> Task:
    """The task of this name. Raises InvalidRequest (dataset.task) listing the known ones."""
    if name not in TASKS:
        raise InvalidRequest(f"no task {name!r}; known are {', '.join(sorted(TASKS))}", field="dataset.task")
    return TASKS[name]
