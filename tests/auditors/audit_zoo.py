"""Public auditors on the zoo: `python audit_zoo.py FOLDER` in their own environment, with the repository as PYTHONPATH.

Prints JSON: auditor → grader → whether it pays a wrong answer, and whether it refuses a right one. The auditors read
plain reward functions, so each grader is one of TRL's form, on its own rows; reward-doctor brings rows of its own,
which are numbers.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.kit.zoo.graders import BROKEN, KnownGrader
from tests.kit.zoo.honest import HONEST
from tests.kit.zoo.rows import ROWS

WRAPPED = """
from types import SimpleNamespace

def _grade(prompt, completion, reference):
    turns = (("user", prompt),)
    return float(grade(SimpleNamespace(prompt=turns, answer=completion, reference=reference, fields={}, id="a")))

def reward(prompts, completions, reference, **columns):
    return [_grade(*each) for each in zip(prompts, completions, reference)]
"""
Faults = tuple[bool, bool]
"""Pays a wrong answer, refuses a right one."""

EXAMPLES = 10
NUMBERS = ("numbers", "marked")
MOSTLY = 0.5
NOT_FUNCTIONS = frozenset({"slowness", "time_of_day", "same_id", "contract", "payload_shapes", "batch_independence"})
"""Faults of a Lambda function, which a reward function cannot have, or which would hang an auditor."""


def main(folder: Path) -> None:
    """Every grader in turn; what an auditor cannot run counts as not found."""
    graders = {name: known for name, known in {**BROKEN, **HONEST}.items() if not NOT_FUNCTIONS & set(known.codes)}
    found: dict[str, dict[str, Faults]] = {"falsepass": {}, "reward-doctor": {}}
    for name, known in graders.items():
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            found["falsepass"][name] = falsepass(known, folder / f"grader{len(found['falsepass'])}")
            if known.rows in NUMBERS:
                found["reward-doctor"][name] = reward_doctor(known)
    sys.stdout.write(json.dumps(found))


def falsepass(known: KnownGrader, folder: Path) -> Faults:
    """By its probes of known answers."""
    folder.mkdir(parents=True)
    rows = [
        {"prompt": row["messages"][-1]["content"], "reference": _reference(row["reference_answer"])}
        for row in ROWS[known.rows]()
    ]
    (folder / "rewards.py").write_text(known.code + WRAPPED, encoding="utf-8")
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    settings = {
        "framework": "reward",
        "id": f"local/{folder.name}",
        "task": str(folder / "rewards.py"),
        "dataset": str(folder / "rows.jsonl"),
        "answer_column": "reference",
        "prompt_column": "prompt",
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
    (folder / "env.toml").write_text("[env]\n" + "\n".join([*lines, 'functions = ["reward"]']) + "\n", encoding="utf-8")
    here = Path.cwd()
    try:
        payload = importlib.import_module("falsepass.runner").run(folder, n=EXAMPLES, jobs=1)
    except RuntimeError:  # it cannot audit this
        return False, False
    finally:
        os.chdir(here)
    doubtful = ("same_as_good", "final_as_good", "no_control")  # its own marks of what may be right after all
    failed = [
        each for each in payload["results"] if not each["passed"] and not any(each.get(mark) for mark in doubtful)
    ]
    return any(each["expected"] == "zero" for each in failed), any(each["expected"] == "full" for each in failed)


def reward_doctor(known: KnownGrader) -> Faults:
    """By its corpus. Which forms a grader must read is a matter of its prompt: more than half of them must fail."""
    space: dict[str, Any] = {}
    exec(compile(known.code + WRAPPED, "grader", "exec"), space)  # noqa: S102  the tests' own text

    def reward(completion: str, reference: str, prompt: str = "") -> float:
        return float(space["_grade"](prompt, completion, reference))

    report = importlib.import_module("reward_doctor.audit").audit(reward)
    return bool(report.exploits_accepted or report.false_positive_rate), report.false_negative_rate > MOSTLY


def _reference(value: object) -> str:
    if isinstance(value, Mapping):
        return str(value["answer"]) if "answer" in value else json.dumps(value)
    return str(value)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
