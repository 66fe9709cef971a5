"""Bedrock's responses and events about jobs. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.bedrock.jobs import CustomizationJob, base_name
from emulator.bedrock.requests import created_between, page

JOB_CHANGE = "Model Customization Job State Change"
"""`detail-type` of an event about a job."""


def job_view(job: CustomizationJob) -> dict[str, Any]:
    """Return the response of GetModelCustomizationJob; like AWS's, it has no rewards, steps or percentage."""
    request = job.request
    model = base_name(request)
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


def job_list(jobs: Sequence[CustomizationJob], query: Mapping[str, Any]) -> dict[str, Any]:
    """Return the response of ListModelCustomizationJobs, newest first. Raises AwsError (ValidationException)."""
    chosen = [job for job in jobs if _fits(job, query)]
    return page(chosen, query, key="modelCustomizationJobSummaries", created=lambda job: job.created, view=_summary)


def _fits(job: CustomizationJob, query: Mapping[str, Any]) -> bool:
    return (
        query.get("statusEquals", job.status) == job.status
        and query.get("nameContains", "") in job.name
        and created_between(job.created, query.get("creationTimeAfter"), query.get("creationTimeBefore"))
    )


def _summary(job: CustomizationJob) -> dict[str, Any]:
    view = job_view(job)
    keys = ("jobArn", "baseModelArn", "jobName", "status", "statusDetails", "lastModifiedTime", "creationTime")
    summary = {key: view[key] for key in (*keys, "endTime", "customizationType") if key in view}
    if job.model_arn:
        summary |= {"customModelArn": job.model_arn, "customModelName": job.request["customModelName"]}
    return summary


def _details(job: CustomizationJob) -> dict[str, Any]:
    details = {}
    for name, phase in job.phases.items():
        times = {"creationTime": phase.created, "lastModifiedTime": phase.modified}
        known = {key: value for key, value in times.items() if value is not None}
        details[f"{name}Details"] = {"status": phase.status, **known}
    return details


def job_change(job: CustomizationJob) -> dict[str, Any]:
    """Return the `detail` of the event that Bedrock emits when a job changes."""
    detail = {
        "version": "0.0",
        "jobName": job.name,
        "jobArn": job.arn,
        "outputModelName": job.request["customModelName"],
        "roleArn": job.request["roleArn"],
        "jobStatus": job.status,
        "clientRequestToken": job.request.get("clientRequestToken"),
        "failureMessage": job.failure,
    }
    return {name: value for name, value in detail.items() if value is not None}
