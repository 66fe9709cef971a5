"""The step with the graders of this project, its size and its time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from emulator.bedrock.judge import stand_in_reply
from rft.contracts.grading import GradeResult
from rft.contracts.steps import StartPoint
from rft.grading.judge_client import JudgeClient
from rft.smoke_test.shapes import SHAPES
from rft.steps.graders.grade_composite import grade_composite
from rft.steps.graders.grade_finqa import grade_finqa
from rft.steps.graders.grade_format import grade_format
from rft.steps.graders.grade_gsm8k import grade_gsm8k
from rft.steps.graders.grade_pandalm import grade_pandalm
from rft.steps.smoke_test_grader import smoke_test_grader
from rft.tasks.derived import FAMILIES
from tests.kit.broken_graders import changed, first_slot_lover
from tests.kit.fake_smoke_test import (
    BY_WEIGHT,
    FOREIGN,
    RUN,
    FakeSmokeTest,
    example_row,
    rft_row,
)
from tests.kit.fakes.grader import CallableGrader, Grade, honest
from tests.kit.fakes.judge import ALL_TRUE, ScriptedJudge

ROOT = Path(__file__).parents[3]


DERIVED_CHECKS = {*FAMILIES, "level"}


SPEED = 10
"""Seconds that pass in one real second, in the test about time."""


def dumped(results: Sequence[GradeResult]) -> list[dict[str, Any]]:
    return [each.model_dump(mode="json") for each in results]


def shipped(judge: ScriptedJudge, parallelism: int = 4) -> Grade:
    known = [JudgeClient(judge)]
    return lambda batch: dumped(grade_pandalm(batch, judges=known, seconds_left=60, parallelism=parallelism))


def example_rows(name: str) -> Callable[[int], dict[str, Any]]:
    (file,) = (ROOT / "examples" / name).glob("*.json*")
    text = file.read_text()
    raw = json.loads(text) if file.suffix == ".json" else [json.loads(line) for line in text.splitlines()]
    return lambda n: example_row(name, raw[n % len(raw)], n)


SHIPPED: dict[str, Grade] = {
    "pandalm": shipped(ScriptedJudge(otherwise=lambda prompt: stand_in_reply("", prompt).text)),
    "gsm8k": lambda batch: dumped(grade_gsm8k(batch, seconds_left=60)),
    "finqa": lambda batch: dumped(grade_finqa(batch, seconds_left=60)),
}


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_graders_are_trusted_on_their_own_tasks(name: str) -> None:
    fake = FakeSmokeTest(row=example_rows(name))

    outcome = fake.run(SHIPPED[name], task=name)

    assert outcome.trusted, outcome.cause
    compares = name == "pandalm"
    skipped = set() if compares else {"position", "human_agreement"}
    found = fake.verdicts()
    assert {check for check, verdict in found.items() if verdict == "skipped"} - DERIVED_CHECKS == (
        skipped | {"time_of_day"}
    )
    assert set(found.values()) == {"skipped", "pass"}


def order(n: int) -> dict[str, Any]:
    """A row that declares the form of its answers, and has right and wrong ones."""
    form = {"sections": ["Working", "Result"], "max_words": 80}
    right = f"## Working\n{n} x 6 = {6 * n}\n## Result\n#### {6 * n}"
    return rft_row(
        n,
        reference_answer={
            "answer": str(6 * n),
            "format": form,
            "composite": {"weights": {"gsm8k": 0.8, "format": 0.2}},
        },
        probes={"right": [right], "wrong": [f"Six for each of {n}.\n#### {6 * n + 1}"]},
    )


RULES: dict[str, Grade] = {
    "format": lambda batch: dumped(grade_format(batch, seconds_left=60)),
    "composite": lambda batch: dumped(grade_composite(batch, default={}, seconds_left=60)),
}


@pytest.mark.parametrize("name", RULES)
def test_the_shipped_declared_rule_graders_are_trusted_on_their_rows(name: str) -> None:
    fake = FakeSmokeTest(row=order)

    outcome = fake.run(RULES[name], task="rft", grader={"lambda_arn": FOREIGN})

    assert outcome.trusted, outcome.cause
    assert {check for check, verdict in fake.verdicts().items() if verdict != "pass"} - DERIVED_CHECKS == {
        "position",
        "human_agreement",
        "time_of_day",
    }


def test_the_shipped_judge_is_called_as_planned_and_reports_its_use() -> None:
    fake, judge = FakeSmokeTest(), ScriptedJudge()

    fake.run(shipped(judge))

    report = fake.report
    assert report.planned.right_answers == len(judge.prompts)
    assert report.judge is not None
    assert (report.judge.answers, report.judge.calls) == (len(judge.prompts), len(judge.prompts))
    assert report.judge.input_tokens == 700 * len(judge.prompts)
    assert (report.planned.invocations, report.planned.answers) == (report.invocations, len(report.scores))


def test_the_shipped_judge_is_rejected_early_while_its_model_fails() -> None:
    fake, judge = FakeSmokeTest(), ScriptedJudge(otherwise="I would rather not say.")

    outcome = fake.run(shipped(judge))

    assert outcome.cause.startswith("liveness: the grader reported grader_error on")
    assert len(judge.prompts) < fake.report.planned.right_answers / 4
    assert {s.trial for s in fake.report.scores} == {"canned", *SHAPES}


def test_forty_rows_take_under_90_seconds_at_300_ms_a_judge_call() -> None:
    def slow(_prompt: str) -> str:
        time.sleep(0.3 / SPEED)
        return ALL_TRUE

    fake, started = FakeSmokeTest(), time.monotonic()

    fake.run(shipped(ScriptedJudge(otherwise=slow), parallelism=16))

    assert (time.monotonic() - started) * SPEED < 90


def test_a_thousand_rows_stay_under_256_mb() -> None:
    script = """
from pathlib import Path
from tests.kit.fakes.grader import honest
from tests.kit.fake_smoke_test import FakeSmokeTest
fake = FakeSmokeTest(train=1500, validation=300)
assert fake.run(honest, smoke_test={"sample_size": 1000}).trusted
status = Path("/proc/self/status").read_text()  # a child's ru_maxrss starts at its parent's
print(int(status.split("VmHWM:")[1].split()[0]) // 1024)
"""
    paths = os.pathsep.join(str(ROOT / part) for part in ("layers/rft", "."))
    environment = {**os.environ, "PYTHONPATH": paths}

    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )

    assert int(done.stdout.split()[-1]) < 256


def test_requested_thresholds_replace_the_defaults() -> None:
    fake = FakeSmokeTest()
    grade = changed(lambda score, _: 0.7 * score)

    strict = fake.run(grade, smoke_test={"minimum_score": 0.75, "thresholds": {"direction_block": 0.25}})

    assert strict.cause.startswith("minimum: mean score 0.70 over 40 right answers (min 0.75)")
    assert fake.report.overrides == {"minimum_block": 0.75, "direction_block": 0.25}
    assert fake.check("direction").limit == 0.3


def test_the_summary_in_the_ledger_is_small() -> None:
    fake = FakeSmokeTest()

    fake.run(first_slot_lover)

    summary = fake.ledger.get(RUN).smoke_test
    assert summary is not None
    assert len(summary.model_dump_json()) < 12_000
    assert [check.name for check in summary.checks] == list(BY_WEIGHT)


def test_a_grader_trusted_by_an_earlier_run_gets_no_probes() -> None:
    fake, invoker = FakeSmokeTest(), CallableGrader(honest)
    first = fake.run(invoker)
    sent, record = len(invoker.batches), fake.ledger.get(RUN)
    again = smoke_test_grader(
        run_id=RUN,
        request=record.request,
        dataset=fake.dataset,
        graders={},
        ledger=fake.ledger,
        store=fake.store,
        invoker=invoker,
        clock=fake.clock,
        start=StartPoint(stage="training", dataset=fake.dataset, grader_arn=first.grader_arn),
    )
    assert again == first
    assert len(invoker.batches) == sent
