"""Reads the JSON files written by a run's steps. Takes ports."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import ValidationError

from rft.contracts.base import Contract
from rft.contracts.calibration import CalibrationReport
from rft.contracts.dataset import Manifest
from rft.contracts.evaluation import EvaluationReport
from rft.contracts.ledger import RunRecord
from rft.contracts.smoke_test import SmokeTestReport
from rft.errors import RftError
from rft.ports.storage import ObjectStore

MAX_FILE_BYTES = 64 * 2**20
"""A manifest with 100,000 bad records is about 10 MB."""

File = TypeVar("File", bound=Contract)


@dataclass(frozen=True)
class RunDocuments:
    """A run's files; None if a step wrote none. `unreadable`: one line per file that could not be read."""

    manifest: Manifest | None = None
    smoke_test: SmokeTestReport | None = None
    calibration: CalibrationReport | None = None
    evaluation: EvaluationReport | None = None
    unreadable: tuple[str, ...] = ()


def read_run_documents(record: RunRecord, store: ObjectStore) -> RunDocuments:
    """Reads every file that the record names; an unreadable file only removes its section of the report."""
    reader = _Reader(store)
    return RunDocuments(
        manifest=reader.read(record.dataset.manifest_uri if record.dataset else None, Manifest),
        smoke_test=reader.read(record.smoke_test.report_uri if record.smoke_test else None, SmokeTestReport),
        calibration=reader.read(record.calibration.report_uri if record.calibration else None, CalibrationReport),
        evaluation=reader.read(record.evaluation.report_uri if record.evaluation else None, EvaluationReport),
        unreadable=tuple(reader.unreadable),
    )


@dataclass
class _Reader:
    store: ObjectStore
    unreadable: list[str] = field(default_factory=list)

    def read(self, uri: str | None, kind: type[File]) -> File | None:
        if uri is None:
            return None
        try:
            body = self.store.find_bytes(uri, most=MAX_FILE_BYTES)
            if body is not None:
                return kind.model_validate_json(body)
            self.unreadable.append(f"{uri} does not exist")
        except ValidationError as error:
            self.unreadable.append(f"{uri} is not a valid {kind.__name__}: {error.error_count()} invalid fields")
        except RftError as error:
            self.unreadable.append(f"{uri} could not be read: {error}")
        return None
