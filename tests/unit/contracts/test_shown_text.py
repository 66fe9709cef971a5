"""Each text that API, ledger or messages show is made safe by its own contract, or is the control plane's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import AfterValidator, BaseModel

from rft.contracts.dataset import RejectedRecord
from rft.contracts.http.api import RunAccepted, RunEvents, RunList, RunView
from rft.contracts.http.problem import Problem
from rft.contracts.ledger import UploadRejection
from rft.contracts.smoke_test import SmokeTestReport
from rft.text import text_block, text_line

SHOWN = (RunView, RunList, RunEvents, RunAccepted, Problem, UploadRejection, SmokeTestReport, RejectedRecord)

OF_OUR_MAKING = {
    "run_id", "name", "task", "title", "instance", "links", "cursor", "recommended", "hyperparameters", "encoding",
    "execution_arn", "grader_arn", "model_arn", "previous_model_arn", "deployment_arn", "arn", "grader_code_sha256",
    "prices_as_of", "prices_source", "manifest_uri", "report_uri", "digest", "rows_digest", "rows", "groups", "labels",
    "warnings", "value", "unmatched", "tags", "statistic", "thresholds", "unit", "id", "overrides", "trial",
    "kind", "variant", "confusion",
}  # fmt: skip
"""Ids, places and words that no caller, dataset, grader or model fills; tags are checked where they come in."""

FOR_WORK = {
    "DatasetRequest.uri": "checked as an address",
    "RubricCriterion.question": "a prompt, which judges get as it is",
    "RubricCriterion.yes": "a prompt",
    "RubricCriterion.no": "a prompt",
    "Recommendation.reason": "ours",
    "UploadRejection.bucket": "S3's name of the object; messages and logs escape it",
    "UploadRejection.key": "the same",
    "UploadRejection.version": "the same",
    "Reading.floor": "never shown",
    "Reading.seen": "never shown",
    "Tally.groups": "never shown",
    "Tally.figures": "never shown; names of ours",
}


def bare_texts(annotation: Any, metadata: tuple[Any, ...], place: str, seen: set[type]) -> Iterator[str]:
    """Fields whose text is neither escaped nor validated by a pattern."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation not in seen:
            seen.add(annotation)
            for name, field in annotation.model_fields.items():
                yield from bare_texts(field.annotation, tuple(field.metadata), f"{annotation.__name__}.{name}", seen)
    elif hasattr(annotation, "__metadata__"):
        yield from bare_texts(annotation.__origin__, (*metadata, *annotation.__metadata__), place, seen)
    elif annotation is str:
        safe = any(isinstance(m, AfterValidator) and m.func in (text_line, text_block) for m in metadata)
        if not safe and not any(getattr(m, "pattern", None) for m in metadata):
            yield place
    else:
        for part in get_args(annotation):
            yield from bare_texts(part, metadata, place, seen)


def test_every_shown_text_is_escaped_or_generated() -> None:
    seen = set[type]()
    found = {place for kind in SHOWN for place in bare_texts(kind, (), kind.__name__, seen)}
    unexplained = {place for place in found if place.partition(".")[2] not in OF_OUR_MAKING} - set(FOR_WORK)
    assert unexplained == set()
