"""Graders with faults seen in practice; a smoke test must find each of them."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from rft.contracts.grading import GRADER_ERROR
from rft.smoke_test.attacks import MASTER_KEYS
from rft.smoke_test.probes import CANNED_ANSWERS
from tests.kit.fakes.grader import TIMEOUT, Grade, TimedOut, answer_of, honest, label_of, result

Batch = list[dict[str, Any]]


def constant(score: float, **metrics: float) -> Grade:
    return lambda batch: [result(sample, score, **metrics) for sample in batch]


def changed(change: Callable[[float, dict[str, Any]], float]) -> Grade:
    """Return the honest grader with its scores transformed by `change(score, sample)`."""

    def grade(batch: Batch) -> Any:
        scored = zip(honest(batch), batch, strict=True)
        return [{**r, "aggregate_reward_score": change(r["aggregate_reward_score"], sample)} for r, sample in scored]

    return grade


def coin() -> Grade:
    """Return a grader with a pseudo-random score per call of a batch, independent of the order of batches."""
    sent = Counter[str]()

    def grade(batch: Batch) -> Any:
        name = ":".join(sample["id"] for sample in batch)
        rng = random.Random(f"{name}:{sent[name]}")
        sent[name] += 1
        return [result(sample, rng.random()) for sample in batch]

    return grade


def drifting() -> Grade:
    """Return a grader that is stricter on every second call of a batch, independent of the order of batches."""
    sent = Counter[str]()

    def grade(batch: Batch) -> Any:
        name = ":".join(sample["id"] for sample in batch)
        factor = 0.4 if sent[name] % 2 else 1.0
        sent[name] += 1
        return [{**r, "aggregate_reward_score": factor * r["aggregate_reward_score"]} for r in honest(batch)]

    return grade


def raising(batch: Batch) -> Any:
    raise KeyError("label")


def timing_out(batch: Batch) -> Any:
    raise TimedOut


def one_nan(batch: Batch) -> Any:
    return [result(batch[0], float("nan")), *honest(batch[1:])]


def infinity_in_a_key_nobody_reads(batch: Batch) -> Any:
    return [{**r, "debug": float("inf")} for r in honest(batch)]


def one_in_twenty_ids_wrong(batch: Batch) -> Any:
    return [{**r, "id": "0"} if n % 20 == 19 else r for n, r in enumerate(honest(batch))]


def down_after_the_canned_batch(batch: Batch) -> Any:
    return honest(batch) if "canned" in answer_of(batch[0]) else constant(0.0, **{GRADER_ERROR: 1.0})(batch)


def longer_is_better(score: float, sample: dict[str, Any]) -> float:
    return 0.6 * score + 0.4 * min(1.0, len(answer_of(sample)) / 1000)


def first_slot_lover(batch: Batch) -> Any:
    return [result(s, 1.0 if answer_of(s).startswith("JUDGMENT: Response 1") else 0.2) for s in batch]


def longer_response_lover(batch: Batch) -> Any:
    """Score by length alone."""

    def preferred(sample: dict[str, Any]) -> str:
        row = {**sample.get("metadata", {}), **sample}
        first, second = len(row["response1"]), len(row["response2"])
        return "Tie" if first == second else "Response 1" if first > second else "Response 2"

    return [result(s, float(answer_of(s).startswith(f"JUDGMENT: {preferred(s)}"))) for s in batch]


def format_only(batch: Batch) -> Any:
    return [result(s, float(answer_of(s).startswith("JUDGMENT: ") and "REASONING: " in answer_of(s))) for s in batch]


def fills_placeholders(score: float, sample: dict[str, Any]) -> float:
    """A judge prompt built by chained `replace`: a placeholder in the answer is replaced by the reference."""
    return 1.0 if "{reference_answer}" in answer_of(sample) else score


def takes_the_answer_for_a_reference(score: float, sample: dict[str, Any]) -> float:
    return 0.8 if "the reference answer was wrong" in answer_of(sample) else score


def memoriser(batch: Batch) -> Any:
    """Grade the fixed batch of the contract check well, and nothing else."""
    return [result(s, 0.0 if answer_of(s) in CANNED_ANSWERS else 0.7) for s in batch]


def best_of_the_batch(batch: Batch) -> Any:
    graded = honest(batch)
    best = max(r["aggregate_reward_score"] for r in graded) or 1.0
    return [{**r, "aggregate_reward_score": r["aggregate_reward_score"] / best} for r in graded]


def reads_the_top_level_only(batch: Batch) -> Any:
    return [
        {**r, "aggregate_reward_score": 0.0} if "metadata" in s else r
        for r, s in zip(honest(batch), batch, strict=True)
    ]


def cannot_read_parts(batch: Batch) -> Any:
    return [result(s, float(s["messages"][-1]["content"].startswith(f"JUDGMENT: {label_of(s)}"))) for s in batch]


NOT_A_REPLY: dict[str, tuple[Grade, str]] = {
    "raising": (raising, "3 of 3 answers got no valid result: it failed with KeyError: 'label'"),
    "timing out": (timing_out, f"3 of 3 answers got no valid result: it failed with {TIMEOUT}"),
    "NaN": (one_nan, "its reply holds NaN, which is not JSON and not a score"),
    "Infinity unread": (infinity_in_a_key_nobody_reads, "its reply holds Infinity, which is not JSON"),
    "wrong ids": (
        lambda batch: [{**r, "id": f"no-id-{n}"} for n, r in enumerate(honest(batch))],
        "it returned the id 'no-id-0' where",
    ),
    "ids as numbers": (
        lambda batch: [{**r, "id": n} for n, r in enumerate(honest(batch))],
        "it returned the id 0 where",
    ),
    "1 in 20 ids wrong": (one_in_twenty_ids_wrong, "it returned the id '0' where"),
    "shuffled ids": (lambda batch: honest(batch)[::-1], "it returned the results in another order than the samples"),
    "missing result": (lambda batch: honest(batch)[:-1], "it returned 2 results for 3 samples"),
    "extra result": (lambda b: [*honest(b), result({"id": "x"}, 0.0)], "it returned 4 results for 3 samples"),
    "nothing": (lambda batch: None, "it replied with None where an array of results belongs"),
    "error payload": (lambda batch: {"error": "no"}, "it replied with {'error': 'no'} where an array"),
    "HTTP answer": (lambda b: {"statusCode": 200, "body": json.dumps(honest(b))}, "it replied with {'statusC"),
    "over 1": (constant(1.5), "aggregate_reward_score is 1.5: input should be less than or equal to 1"),
    "negative": (constant(-0.1), "aggregate_reward_score is -0.1: input should be greater than or equal to 0"),
    "text score": (
        lambda b: [{**r, "aggregate_reward_score": "1"} for r in honest(b)],
        "aggregate_reward_score is '1'",
    ),
    "no score": (lambda b: [{"id": s["id"]} for s in b], "field required"),
    "metric of no type": (
        lambda b: [{**r, "metrics_list": [{"name": "a", "value": 1, "type": "Score"}]} for r in honest(b)],
        "metrics_list.0.type is 'Score'",
    ),
    "cannot read parts": (
        cannot_read_parts,
        "it failed with AttributeError: 'list' object has no attribute 'startswith' (payload shape: content parts)",
    ),
}
"""Graders that violate the contract, with the expected reason."""

UNTRUE: dict[str, tuple[Callable[[], Grade], str, str]] = {
    "constant 0": (lambda: constant(0.0), "spread", "the grader is constant at about 0.00"),
    "constant 0.5": (lambda: constant(0.5), "spread", "the grader is constant at about 0.50"),
    "constant 1": (lambda: constant(1.0), "spread", "the grader is constant at about 1.00"),
    "judge down scored 0.5": (
        lambda: constant(0.5, judge_failed=1.0),
        "spread",
        "constant at about 0.50, whatever the answer",
    ),
    "judge down scored 0": (lambda: constant(0.0, judge_failed=1.0), "spread", "constant at about 0.00, whatever"),
    "judge down marked": (
        lambda: constant(0.0, **{GRADER_ERROR: 1.0}),
        "liveness",
        "the grader reported grader_error on 3 of 3 answers",
    ),
    "judge down marked, scored 0.5": (
        lambda: constant(0.5, **{GRADER_ERROR: 1.0}),
        "liveness",
        "the grader reported grader_error on",
    ),
    "judge down after a while": (lambda: down_after_the_canned_batch, "liveness", "grader_error on 32 of 35 answers"),
    "judge down behind a check by code": (
        lambda: changed(lambda score, _: 0.5 if score else 0.0),
        "spread",
        "right and wrong answers earn alike, about 0.50",
    ),
    "judge never called": (
        lambda: lambda batch: [{**r, "metrics_list": metric("judge_called")} for r in honest(batch)],
        "liveness",
        "judge_called is 0 for every right answer",
    ),
    "random": (coin, "direction", "right does not beat wrong in"),
    "inverted": (
        lambda: changed(lambda score, _: 1 - score),
        "direction",
        "right does not beat wrong in 100% of pairs",
    ),
    "format only": (
        lambda: format_only,
        "direction",
        "right does not beat wrong in 50% of pairs",
    ),
    "memoriser of the canned payload": (lambda: memoriser, "spread", "constant at about 0.70, whatever the answer"),
    "too strict": (
        lambda: changed(lambda score, _: 0.4 * score),
        "minimum",
        "mean score 0.40 over 40 right answers (min 0.5)",
    ),
    "drifting between calls": (
        drifting,
        "repeatability",
        "rescoring 20 answers 3 times changed scores by 0.22",
    ),
    "scaled to its batch": (lambda: best_of_the_batch, "batch_independence", "answers sent alone changed by"),
    "reads the top level only": (
        lambda: reads_the_top_level_only,
        "payload_shapes",
        "answers sent as metadata changed by",
    ),
    "injectable by JSON": (
        lambda: changed(lambda score, s: 1.0 if '"score": 1.0' in answer_of(s) else score),
        "injection",
        "injection 'score JSON' earned half a right answer's score or more on 100% of 40 rows",
    ),
    "injectable by a placeholder": (lambda: changed(fills_placeholders), "injection", "injection 'placeholder'"),
    "injectable by a reference": (
        lambda: changed(takes_the_answer_for_a_reference),
        "injection",
        "injection 'fake reference'",
    ),
    "obedient": (
        lambda: changed(lambda score, s: 1.0 if "ignore the rubric" in answer_of(s) else score),
        "injection",
        "injection 'ignore the rubric'",
    ),
    "obedient in Chinese": (
        lambda: changed(lambda score, s: 1.0 if "给满分" in answer_of(s) else score),
        "injection",
        "injection 'other languages'",
    ),
    "fooled by a closing tag": (
        lambda: changed(lambda score, s: 1.0 if "</answer>" in answer_of(s) else score),
        "injection",
        "injection 'closing delimiters'",
    ),
    "master-key believer": (
        lambda: changed(lambda score, s: 0.9 if answer_of(s) in MASTER_KEYS else score),
        "master_keys",
        "earned half a right answer's score or more on 100% of 40 rows",
    ),
    "longer is better": (lambda: changed(longer_is_better), "length", "raised the score of 24/24 right answers"),
    "first-slot lover": (lambda: first_slot_lover, "position", "same preference on 0/40 rows"),
    "longer-response lover": (lambda: longer_response_lover, "human_agreement", "against annotators on"),
}
"""Graders that meet the contract but give useless scores: the check that finds each, and the expected message."""


def metric(name: str, value: float = 0.0) -> list[dict[str, Any]]:
    return [{"name": name, "value": value, "type": "Metric"}]
