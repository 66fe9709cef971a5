"""Compares trained models of different runs on the same test rows, with an evaluation's statistics. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from rft.contracts.dataset import Recommendation
from rft.contracts.evaluation import EvaluationReport, Verdict
from rft.contracts.http.report import RunReport
from rft.contracts.run_request import RunRequest
from rft.evaluation.paired import Difference, ScorePair, paired_difference
from rft.evaluation.verdict import verdict


@dataclass(frozen=True)
class EvaluatedRun:
    report: RunReport
    evaluation: EvaluationReport | None


@dataclass(frozen=True)
class RunDifference:
    """The other run's model minus the reference's; `unpaired`: why rows cannot be paired."""

    unpaired: str = ""
    difference: Difference | None = None
    verdict: Verdict | None = None


def run_difference(reference: EvaluatedRun, other: EvaluatedRun) -> RunDifference:
    """Paired by test row, if both runs have evaluated the same rows with the same grader."""
    if reference.evaluation is None or other.evaluation is None:
        return RunDifference("one of the two has no evaluation")
    reason = _unpaired(reference, other)
    if reason:
        return RunDifference(reason)
    scores = {row.row_id: row for row in other.evaluation.rows}
    pairs = [
        ScorePair(row.row_id, row.group, base=row.tuned_score, tuned=scores[row.row_id].tuned_score)
        for row in reference.evaluation.rows
        if row.row_id in scores
    ]
    if not pairs:
        return RunDifference("no test row has a score in both runs")
    found = paired_difference(pairs)
    return RunDifference(difference=found, verdict=verdict(found))


class ComparableRun(Protocol):
    @property
    def request(self) -> RunRequest: ...

    @property
    def hyperparameters(self) -> Mapping[str, Recommendation] | None: ...


def request_differences(runs: Sequence[ComparableRun]) -> dict[str, list[Any]]:
    """Dotted fields of requests and chosen hyperparameters that differ between the runs."""
    flat = [flat_fields(_compared(run)) for run in runs]
    paths = sorted({path for fields in flat for path in fields})
    rows = {path: [fields.get(path) for fields in flat] for path in paths}
    return {path: values for path, values in rows.items() if any(value != values[0] for value in values)}


def _unpaired(reference: EvaluatedRun, other: EvaluatedRun) -> str:
    one, two = reference.report.lineage, other.report.lineage
    if one.dataset_digest != two.dataset_digest or one.test_rows_digest != two.test_rows_digest:
        return "their test rows are not the same"
    if (one.grader_arn, one.grader_code_sha256) != (two.grader_arn, two.grader_code_sha256):
        return "their graders are not the same"
    return "" if one.sampling_protocol == two.sampling_protocol else "their models were sampled with different settings"


def _compared(run: ComparableRun) -> dict[str, Any]:
    chosen = {name: choice.value for name, choice in (run.hyperparameters or {}).items()}
    request = run.request.model_dump(mode="json", exclude={"name", "tags", "hyperparameters"})
    return {**request, "hyperparameters": chosen}


def flat_fields(value: Any, path: str = "") -> dict[str, Any]:
    """Flattens nested objects to dotted path → value."""
    if not isinstance(value, dict):
        return {path: value}
    return {
        key: part
        for name, inner in value.items()
        for key, part in flat_fields(inner, f"{path}.{name}".lstrip(".")).items()
    }
