"""Ports backed by the ledger's table, and publishers of its changes."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from rft.settings import EventBusSettings, LedgerSettings, MlflowSettings, TopicSettings, WebhookSettings
from rft.wiring.clients import cached_client, clock

if TYPE_CHECKING:
    from rft.ports.events import EventBus, Outbox, WebhookSender
    from rft.ports.experiments import Experiments
    from rft.ports.models import DeploymentRecords
    from rft.ports.runs import Approvals, JobQueue, Ledger, RunHistory, RunWaits, UploadRejections
    from rft.ports.storage import Notifier
    from rft.ports.tracking import RunTracker


def _ledger_table() -> dict[str, Any]:
    """Constructor arguments shared by the ports on the ledger's table."""
    return {
        "client": cached_client("dynamodb"),
        "table": LedgerSettings.from_environment().ledger_table,
        "clock": clock(),
    }


@cache
def ledger() -> Ledger:
    from rft.adapters.dynamodb.ledger import DynamoLedger

    return DynamoLedger(**_ledger_table())


@cache
def run_history() -> RunHistory:
    from rft.adapters.dynamodb.run_history import DynamoRunHistory

    return DynamoRunHistory(**_ledger_table())


@cache
def approvals() -> Approvals:
    from rft.adapters.dynamodb.approvals import DynamoApprovals

    return DynamoApprovals(**_ledger_table())


@cache
def run_waits() -> RunWaits:
    from rft.adapters.dynamodb.run_waits import DynamoRunWaits

    return DynamoRunWaits(**_ledger_table())


@cache
def job_queue() -> JobQueue:
    from rft.adapters.dynamodb.job_queue import DynamoJobQueue

    return DynamoJobQueue(**_ledger_table())


@cache
def upload_rejections() -> UploadRejections:
    from rft.adapters.dynamodb.upload_rejections import DynamoUploadRejections

    return DynamoUploadRejections(**_ledger_table())


@cache
def outbox() -> Outbox:
    from rft.adapters.dynamodb.outbox import DynamoOutbox

    return DynamoOutbox(**_ledger_table())


@cache
def experiments() -> Experiments:
    from rft.adapters.dynamodb.experiments import DynamoExperiments

    return DynamoExperiments(**_ledger_table())


@cache
def deployment_records() -> DeploymentRecords:
    from rft.adapters.dynamodb.deployment_records import DynamoDeploymentRecords

    return DynamoDeploymentRecords(**_ledger_table())


@cache
def notifier() -> Notifier:
    from rft.adapters.dynamodb.notification_dedup import DynamoSendOnce
    from rft.adapters.notifier import SnsNotifier

    table = LedgerSettings.from_environment().ledger_table
    send_once = DynamoSendOnce(cached_client("dynamodb"), table=table, clock=clock())
    topic = TopicSettings.from_environment()
    return SnsNotifier(
        cached_client("sns"), topic_arn=topic.outcome_topic_arn, ends=topic.notify_on, send_once=send_once
    )


@cache
def webhook_sender() -> WebhookSender:
    from rft.adapters.webhook_sender import HttpsWebhookSender

    secret_arn = WebhookSettings.from_environment().webhook_secret_arn
    return HttpsWebhookSender(cached_client("secretsmanager"), secret_arn=secret_arn)


@cache
def event_bus() -> EventBus:
    from rft.adapters.event_bus import EventBridgeBus

    return EventBridgeBus(cached_client("events"), name=EventBusSettings.from_environment().event_bus_name)


@cache
def run_tracker() -> RunTracker | None:
    """The MLflow server; None if the stack has none."""
    settings = MlflowSettings.from_environment()
    if not settings.mlflow_tracking_uri:
        return None
    from rft.adapters.aws_client import aws_credentials
    from rft.adapters.mlflow.tracker import MlflowTracker
    from rft.adapters.mlflow.transport import MlflowTransport

    transport = MlflowTransport(
        settings.mlflow_tracking_uri,
        secrets=cached_client("secretsmanager"),
        secret_arn=settings.mlflow_secret_arn,
        credentials=aws_credentials,
    )
    return MlflowTracker(transport, cached_client("s3"), artifact_bucket=settings.mlflow_artifact_bucket)
