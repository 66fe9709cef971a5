"""A judge with scripted replies."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rft.ports.grading import JudgeReply
from rft.rewards.pandalm_rubric import CRITERIA

Step = Exception | str | Callable[[str], str]

ALL_TRUE = json.dumps({criterion.name: True for criterion in CRITERIA})


class ScriptedJudge:
    """Plays `script` call by call, then repeats `otherwise`. A step is an error, a reply, or prompt → reply."""

    def __init__(
        self, script: Iterable[Step] = (), *, otherwise: Step = ALL_TRUE, model_id: str = "scripted-judge"
    ) -> None:
        self.model_id = model_id
        self._script = iter(script)
        self._otherwise = otherwise
        self.systems: list[str] = []
        self.prompts: list[str] = []

    def complete(self, *, system: str, user: str, schema: Mapping[str, Any]) -> JudgeReply:
        self.systems.append(system)
        self.prompts.append(user)
        step = next(self._script, self._otherwise)
        if isinstance(step, Exception):
            raise step
        return JudgeReply(step if isinstance(step, str) else step(user), "end_turn", input_tokens=700, output_tokens=40)
