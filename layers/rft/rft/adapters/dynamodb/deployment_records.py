"""Histories of deployments in the ledger's table."""

from __future__ import annotations

from botocore.exceptions import ClientError

from rft.adapters.aws_errors import translated
from rft.adapters.dynamodb.ledger_items import (
    DEPLOYMENTS,
    INDEX_KEYS,
    deployment_item,
    deployment_key,
    deployment_of,
    to_attribute,
)
from rft.adapters.dynamodb.ledger_table import LOST, LedgerTable
from rft.contracts.deployments import DeploymentRecord
from rft.errors import RetryableServiceError


class DynamoDeploymentRecords(LedgerTable):
    """One item per record; its version prevents lost updates."""

    def get(self, name: str) -> DeploymentRecord:
        item = self._read(deployment_key(name))
        return deployment_of(item) if item else DeploymentRecord(name=name)

    def put(self, record: DeploymentRecord) -> DeploymentRecord:
        following = record.model_copy(update={"version": record.version + 1})
        try:
            with translated():
                self._client.put_item(
                    TableName=self._table,
                    Item=deployment_item(following),
                    ConditionExpression="attribute_not_exists(pk) OR version = :version",
                    ExpressionAttributeValues={":version": to_attribute(record.version)},
                )
        except ClientError as error:
            if error.response["Error"]["Code"] not in LOST:
                raise
            raise RetryableServiceError(f"{record.name} was changed by another writer; read it again") from error
        return following

    def all(self) -> list[DeploymentRecord]:
        partition, sort = INDEX_KEYS["by_created"]
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName="by_created",
            KeyConditionExpression=f"{partition} = :of",
            ExpressionAttributeValues={":of": to_attribute(DEPLOYMENTS)},
        )
        with translated():
            names = [item[sort]["S"] for page in pages for item in page["Items"]]
        return [self.get(name) for name in names]
