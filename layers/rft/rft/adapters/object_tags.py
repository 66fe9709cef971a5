"""Tags by which lifecycle rules of the data bucket find objects: a rule's prefix has no place for a run's id."""

from __future__ import annotations

import re
from typing import Any

_ROLLOUTS = re.compile(r"runs/[^/]+/rollouts/")


def tagging(key: str) -> dict[str, Any]:
    """The argument `Tagging` of a put; none for a key that no rule is about. template.yaml, DropRollouts."""
    return {"Tagging": "content=rollouts"} if _ROLLOUTS.match(key) else {}
