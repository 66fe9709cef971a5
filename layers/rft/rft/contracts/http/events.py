"""EventBridge events of AWS services. Only the fields in use are declared."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class EventPart(BaseModel):
    """Ignores unknown fields: AWS may add fields to its events at any time."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Bucket(EventPart):
    name: str


class StoredObject(EventPart):
    """An object in an S3 event. `key` is not URL-encoded; `version` is None in an unversioned bucket."""

    key: str
    size: int = 0
    version: str | None = Field(default=None, alias="version-id")
    etag: str = ""


class ObjectCreatedDetail(EventPart):
    """Detail of an object's creation. `requester` is an account id or an AWS service principal, as sent by S3."""

    bucket: Bucket
    requester: str = ""
    stored: StoredObject = Field(alias="object")


class ObjectCreated(EventPart):
    """S3's event Object Created (S3 User Guide, "EventBridge event message structure")."""

    detail: ObjectCreatedDetail


class ExecutionEndedDetail(EventPart):
    """How an execution ended. `error` and `cause` are set if it failed, or if an abort supplied them."""

    name: str
    status: Literal["FAILED", "TIMED_OUT", "ABORTED"]
    error: str | None = None
    cause: str | None = None


class ExecutionEnded(EventPart):
    """Step Functions' event Step Functions Execution Status Change, for the statuses that this stack's rule matches."""

    detail: ExecutionEndedDetail


class JobChangedDetail(EventPart):
    """A customization job's name and new status. Unlike other Bedrock events it has no `status` field."""

    name: str = Field(alias="jobName")
    status: Literal["InProgress", "Completed", "Failed", "Stopped"] = Field(alias="jobStatus")

    @property
    def ended(self) -> bool:
        return self.status != "InProgress"


class JobChanged(EventPart):
    """Bedrock's event Model Customization Job State Change, for the statuses that this stack's rule matches.

    Format: Bedrock User Guide, monitoring-eventbridge-how-it-works. Delivery is best effort.
    """

    detail: JobChangedDetail
