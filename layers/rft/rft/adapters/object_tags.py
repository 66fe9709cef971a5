"""Tags by which lifecycle rules of the data bucket find objects: a rule's prefix has no place for a run's id."""

from __future__ import annotations

import re
from typing import Any

_ROLLOUTS = re.compile(r"runs/[^/]+/rollouts/")


def tagging(key: str) -> dict[str, Any]:
    """The `Tagging` argument of a put; empty for keys without a rule. See DropRollouts in template.yaml."""
    return {"Tagging": "content=rollouts"} if _ROLLOUTS.match(key) else {}
