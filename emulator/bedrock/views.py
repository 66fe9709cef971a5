"""Jobs as Bedrock's Get and List show them. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from emulator.bedrock.jobs import Job
from emulator.replies import AwsError

PAGE = 100


def job_view(job: Job) -> dict[str, Any]:
    """GetModelCustomizationJob: no reward, no step, no percentage, as on AWS."""
    request = job.request
    model = str(request["baseModelIdentifier"]).rsplit("/", 1)[-1]
    view = {
        "jobArn": job.arn,
        "jobName": job.name,
        "outputModelName": request["customModelName"],
        "outputModelArn": job.model_arn,
        "clientRequestToken": request.get("clientRequestToken"),
        "roleArn": request["roleArn"],
        "status": job.status,
        "statusDetails": _details(job),
        "failureMessage": job.failure,
        "creationTime": job.created,
        "lastModifiedTime": job.modified,
        "endTime": job.ended,
        "baseModelArn": f"arn:aws:bedrock:{job.arn.split(':')[3]}::foundation-model/{model}",
        "hyperParameters": request.get("hyperParameters", {}),
        "trainingDataConfig": request["trainingDataConfig"],
        "validationDataConfig": request.get("validationDataConfig"),
        "outputDataConfig": request["outputDataConfig"],
        "customizationType": request["customizationType"],
        "outputModelKmsKeyArn": request.get("customModelKmsKeyId"),
        "vpcConfig": request.get("vpcConfig"),
        "customizationConfig": request["customizationConfig"],
    }
    return {key: value for key, value in view.items() if value is not None}


def job_list(jobs: Sequence[Job], query: Mapping[str, str]) -> dict[str, Any]:
    """ListModelCustomizationJobs, newest first unless asked otherwise. Raises AwsError: ValidationException."""
    chosen = [job for job in jobs if _fits(job, query)]
    chosen.sort(key=lambda job: job.created, reverse=query.get("sortOrder", "Descending") != "Ascending")
    start, size = _start(query.get("nextToken")), int(query.get("maxResults", PAGE))
    token = {"nextToken": _token(start + size)} if start + size < len(chosen) else {}
    return {"modelCustomizationJobSummaries": [_summary(job) for job in chosen[start : start + size]], **token}


def _fits(job: Job, query: Mapping[str, str]) -> bool:
    after, before = query.get("creationTimeAfter"), query.get("creationTimeBefore")
    return (
        query.get("statusEquals", job.status) == job.status
        and query.get("nameContains", "") in job.name
        and (after is None or job.created > _time(after))
        and (before is None or job.created < _time(before))
    )


def _summary(job: Job) -> dict[str, Any]:
    view = job_view(job)
    keys = ("jobArn", "baseModelArn", "jobName", "status", "statusDetails", "lastModifiedTime", "creationTime")
    summary = {key: view[key] for key in (*keys, "endTime", "customizationType") if key in view}
    if job.model_arn:
        summary |= {"customModelArn": job.model_arn, "customModelName": job.request["customModelName"]}
    return summary


def _details(job: Job) -> dict[str, Any]:
    details = {}
    for name, phase in job.phases.items():
        times = {"creationTime": phase.created, "lastModifiedTime": phase.modified}
        known = {key: value for key, value in times.items() if value is not None}
        details[f"{name}Details"] = {"status": phase.status, **known}
    return details


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise AwsError("ValidationException", 400, f"{text} is not a time") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _token(start: int) -> str:
    return base64.urlsafe_b64encode(str(start).encode()).decode()


def _start(token: str | None) -> int:
    try:
        return int(base64.urlsafe_b64decode(token)) if token else 0
    except (ValueError, binascii.Error) as error:
        raise AwsError("ValidationException", 400, "nextToken is not one of this service") from error
