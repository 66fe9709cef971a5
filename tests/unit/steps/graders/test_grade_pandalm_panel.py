"""Labels, probes, panels and telemetry of the PandaLM grader."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rft.adapters.judge_cache import MemoryJudgeCache
from rft.contracts.dataset import DatasetRow
from rft.contracts.grading import rollout_event
from rft.contracts.telemetry import JudgeUse
from rft.errors import JudgeRefused, JudgeThrottled
from rft.grading.batch import MAX_SAMPLES, RESERVE_SECONDS
from rft.grading.judge_client import JudgeClient
from rft.ports.grading import JudgeReply
from rft.rewards.pandalm_rubric import DIGEST
from rft.steps.graders.grade_pandalm import grade_pandalm
from rft.tasks.pandalm import PandaLm
from tests.kit.fakes.judge import ALL_TRUE, ScriptedJudge, Step
from tests.kit.fakes.rollout_log import MemoryRolloutLog
from tests.kit.pandalm_grading import NAMES, RIGHT, WRONG, grade, one, sample, values

REAL_FILE = Path("../shared/data/pandalm/testset-v1.json")


@pytest.mark.parametrize(
    "reference", ["Response 1", {"text": "response 1"}, '{"label": "Response 1"}', {"text": '{"label": "Response 1"}'}]
)
def test_the_label_is_found_in_every_shape_of_reference(reference: object) -> None:
    [top] = grade([sample(RIGHT, reference_answer=reference)])
    inside = sample(RIGHT, metadata={"reference_answer": reference})
    del inside["reference_answer"]
    [nested] = grade([inside])

    assert top.aggregate_reward_score == nested.aggregate_reward_score == 1


@pytest.mark.parametrize("reference", [None, {}, "", "Response 3", {"label": None}, {"label": 3}, ["Response 1"], 1])
def test_a_sample_without_a_label_is_an_error_and_not_a_wrong_answer(reference: object) -> None:
    [result] = grade([sample(RIGHT, reference_answer=reference)])

    assert (result.aggregate_reward_score, result.errored) == (0, True)


def rows(raw: Sequence[dict[str, Any]]) -> Iterator[DatasetRow]:
    for position, record in enumerate(raw, 1):
        example = PandaLm().read(record)
        yield DatasetRow(
            messages=example.messages,
            reference_answer=example.reference_answer,
            task_id=f"pandalm-{position}",
            domain=example.domain,
            data_source="pandalm",
            run_id="demo-20261120t120000-00000000",
            **(example.extra or {}),
        )


@pytest.mark.parametrize("votes", [(1, 1, 2), (2, 2, 0), (0, 0, 1), (0, 1, 2)])
def test_the_tasks_right_and_wrong_probes_are_distinguished(votes: tuple[int, int, int]) -> None:
    record: dict[str, Any] = {
        "instruction": "Add.",
        "input": "1+1",
        "response1": "2",
        "response2": "JUDGMENT: Tie\nREASONING: x",
    }
    record |= {f"annotator{n}": vote for n, vote in enumerate(votes, 1)}

    assert_right_and_wrong_scored([record])


@pytest.mark.skipif(not REAL_FILE.exists(), reason="the published PandaLM test set is not next to this repository")
def test_every_probe_of_the_published_test_set_is_scored_correctly() -> None:
    assert_right_and_wrong_scored(json.loads(REAL_FILE.read_text(encoding="utf-8")))


def assert_right_and_wrong_scored(raw: Sequence[dict[str, Any]]) -> None:
    expected: list[float] = []
    event: list[dict[str, Any]] = []
    for row in rows(raw):
        probes = PandaLm().probes(row)
        for score, answers in ((1.0, probes.right), (0.1, probes.wrong), (0.0, probes.malformed)):
            for answer in answers:
                event.append(rollout_event(row, answer, id=str(len(event))))
                expected.append(score)

    got = [r.aggregate_reward_score for n in range(0, len(event), 1000) for r in grade(event[n : n + 1000])]

    assert got == expected


def says(**answers: bool) -> str:
    return json.dumps(dict.fromkeys(NAMES, True) | answers)


def panel(*replies: Step) -> list[JudgeClient]:
    return [JudgeClient(ScriptedJudge(otherwise=reply, model_id=f"judge-{n}")) for n, reply in enumerate(replies)]


@pytest.mark.parametrize(
    ("replies", "score", "disagreement"),
    [
        ([says(), says(), says()], 1.0, 0.0),
        ([says(), says(), says(not_circular=False)], 1.0, 0.25),
        ([says(), says(not_circular=False), says(not_circular=False)], 0.95, 0.25),
        ([says(supports_verdict=False), says(supports_verdict=False), says()], 0.8, 0.25),
        ([says(), says(not_circular=False, refers_to_both=False)], 0.9, 0.5),
    ],
)
def test_a_panel_decides_by_majority_and_reports_its_agreement(
    replies: list[str], score: float, disagreement: float
) -> None:
    [result] = grade_pandalm([sample(RIGHT)], judges=panel(*replies), seconds_left=60)

    assert result.aggregate_reward_score == pytest.approx(score)
    assert values(result)["judge_disagreement"] == disagreement
    assert values(result)["judge_calls"] == len(replies)


def test_a_single_judge_has_no_disagreement() -> None:
    result, _ = one(RIGHT)

    assert "judge_disagreement" not in values(result)


def test_a_panel_without_one_of_its_judges_gives_no_score() -> None:
    [result] = grade_pandalm(
        [sample(RIGHT)], judges=panel(says(), JudgeRefused("denied"), says()), seconds_left=60, sleep=lambda _: None
    )

    assert result.errored


def test_a_panel_calls_no_judge_for_criteria_decided_by_code() -> None:
    judges = panel(says(), says())

    grade_pandalm([sample(WRONG)], judges=judges, seconds_left=60)

    assert [judge.judge.prompts for judge in judges] == [[], []]  # type: ignore[attr-defined]


def fingerprint(*models: str) -> float:
    judges = [JudgeClient(ScriptedJudge(model_id=model)) for model in models]
    [result] = grade_pandalm([sample(RIGHT)], judges=judges, seconds_left=60)
    return values(result)["judge_fingerprint"]


def test_the_fingerprint_identifies_the_judges() -> None:
    assert fingerprint("a") == fingerprint("a")
    assert len({fingerprint("a"), fingerprint("b"), fingerprint("a", "b"), fingerprint("b", "a")}) == 4
    assert fingerprint("a") == int(fingerprint("a")) < 2**48


def test_equal_answers_are_judged_once_and_probes_every_time() -> None:
    judge = ScriptedJudge()
    known = [JudgeClient(judge, cache=MemoryJudgeCache())]

    grade_pandalm([sample(RIGHT, str(n)) for n in range(5)], judges=known, seconds_left=60, parallelism=1)
    assert len(judge.prompts) == 1

    probes = [sample(RIGHT, str(n), smoke_test_probe=True) for n in range(5)]
    grade_pandalm(probes, judges=known, seconds_left=60, parallelism=1)
    assert len(judge.prompts) == 6


def test_a_rollout_with_a_failed_judge_keeps_its_known_fields() -> None:
    log = MemoryRolloutLog()
    judge = ScriptedJudge(["no JSON", "no JSON either"])
    rollout = sample(RIGHT, run_id="demo-20261120t120000-00000000", task_id="t")

    grade_pandalm([rollout], judges=[JudgeClient(judge)], seconds_left=60, rollout_log=lambda: log)

    [(_, [row])] = log.written
    assert (row.score, row.error) == (None, "JudgeReplyInvalid")
    assert row.components == {"verdict": 1, "format": 1, "judge_called": 1}
    assert row.judge == JudgeUse(
        models=("scripted-judge",), prompt=DIGEST, calls=2, retries=1, input_tokens=1400, output_tokens=80
    )


def test_a_judge_and_a_log_that_both_hang_leave_two_seconds_to_spare(hang: threading.Event) -> None:
    def hangs(_: str) -> str:
        hang.wait()
        return ALL_TRUE

    event = [sample(RIGHT, str(n), run_id="demo-20261120t120000-00000000") for n in range(8)]
    limit = RESERVE_SECONDS + 0.3
    judges = [JudgeClient(ScriptedJudge(otherwise=hangs))]
    log = MemoryRolloutLog(before=hang.wait)

    started = time.monotonic()
    results = grade_pandalm(event, judges=judges, seconds_left=limit, rollout_log=lambda: log)

    assert limit - (time.monotonic() - started) >= 2
    assert all(result.errored for result in results)


def test_the_largest_batch_of_a_panel_fits_lambdas_response() -> None:
    """With every counter at a number of four digits, and ids as long as a UUID's."""

    class Costly(ScriptedJudge):
        def complete(self, *, system: str, user: str, schema: Any) -> JudgeReply:
            return replace(super().complete(system=system, user=user, schema=schema), cached_tokens=1024)

    script: list[Step] = [JudgeThrottled("slow down"), says(no_invented_facts=False)]
    judges = [JudgeClient(Costly(script, otherwise=says())) for _ in range(3)]

    [result] = grade_pandalm([sample(RIGHT, "x" * 36)], judges=judges, seconds_left=60, sleep=lambda _: None)

    assert len(result.metrics_list) >= 17
    assert len(json.dumps(result.model_dump(mode="json"))) * MAX_SAMPLES < 6 * 1024**2
