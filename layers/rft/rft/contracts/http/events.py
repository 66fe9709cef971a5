"""Events of other services on EventBridge. Only fields in use are declared; the rest may change."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class EventPart(BaseModel):
    """AWS adds fields to its events at any time: unknown ones are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Bucket(EventPart):
    name: str


class StoredObject(EventPart):
    """An object of an event. `key` is as it is, not URL-encoded; `version` is None in a bucket without versions."""

    key: str
    size: int = 0
    version: str | None = Field(default=None, alias="version-id")
    etag: str = ""


class ObjectCreatedDetail(EventPart):
    """An object was written. `requester` is an account id, or the principal of an AWS service: S3 gives no more."""

    bucket: Bucket
    requester: str = ""
    stored: StoredObject = Field(alias="object")


class ObjectCreated(EventPart):
    """S3's event Object Created (S3 User Guide, "EventBridge event message structure")."""

    detail: ObjectCreatedDetail


class ExecutionEndedDetail(EventPart):
    """How an execution ended. `error` and `cause` are there where it failed, or where somebody gave them on abort."""

    name: str
    status: Literal["FAILED", "TIMED_OUT", "ABORTED"]
    error: str | None = None
    cause: str | None = None


class ExecutionEnded(EventPart):
    """Step Functions' event Step Functions Execution Status Change, for the statuses that this stack's rule matches."""

    detail: ExecutionEndedDetail


class JobChangedDetail(EventPart):
    """A customization job's name and its status from now on; `status`, which other events have, is not there."""

    name: str = Field(alias="jobName")
    status: Literal["InProgress", "Completed", "Failed", "Stopped"] = Field(alias="jobStatus")

    @property
    def ended(self) -> bool:
        return self.status != "InProgress"


class JobChanged(EventPart):
    """Bedrock's event Model Customization Job State Change, for the statuses that this stack's rule matches.

    Its form: Bedrock User Guide, monitoring-eventbridge-how-it-works. Delivery is best effort.
    """

    detail: JobChangedDetail
