"""Persists S3 objects with all versions."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from moto.s3.models import FakeDeleteMarker, FakeKey, s3_backends

from emulator.http.operations import Operation
from emulator.state.store import Record, Store

KIND = "object"
READS = re.compile(r"(Get|List|Head|Select)")

_FACTS = ("checksum_value", "checksum_algorithm", "checksum_type", "checksum_parts", "encryption")


class ObjectStore:
    """Persists the objects of all buckets, without tags, ACLs and incomplete multipart uploads."""

    def __init__(self, store: Store, *, account: str, region: str) -> None:
        self._store = store
        self._account, self._region = account, region
        self._lock = threading.Lock()

    def on_call(self, operation: Operation) -> None:
        """Persist what the call may have changed: its key, or all changes in the bucket if it has no key."""
        if READS.match(operation.name):
            return
        with self._lock:
            if len(operation.labels) > 1:
                self._save(*operation.labels[:2])
                return
            for bucket in operation.labels or tuple(self._buckets):
                for name in self._names(bucket):
                    self._save(bucket, name)

    def restore(self) -> None:
        """Restore all objects without emitting events. Missing buckets are created."""
        for key, facts in self._store.all(KIND):
            bucket, name, _ = key.split("\0")
            if bucket not in self._buckets:
                self._backend.create_bucket(bucket, self._region)
            keys = self._buckets[bucket].keys
            keys.setlist(name, [*keys.getlist(name, []), self._version(bucket, name, key, facts)])

    @property
    def _backend(self) -> Any:
        return s3_backends[self._account]["aws"]

    @property
    def _buckets(self) -> Any:
        return self._backend.buckets

    def _names(self, bucket: str) -> set[str]:
        """Return the current and the persisted keys of a bucket."""
        there = self._buckets[bucket].keys if bucket in self._buckets else ()
        return {*there, *(key.split("\0")[1] for key, _ in self._store.all(KIND, f"{bucket}\0"))}

    def _save(self, bucket: str, name: str) -> None:
        known = dict(self._store.all(KIND, f"{bucket}\0{name}\0"))
        there = self._buckets[bucket].keys.getlist(name, []) if bucket in self._buckets else []
        present = {f"{bucket}\0{name}\0{at:08}": version for at, version in enumerate(there)}
        self._store.put(*_changes(known, present))

    def _version(self, bucket: str, name: str, key: str, facts: dict[str, Any]) -> Any:
        if facts["deleted"]:
            made = FakeDeleteMarker(SimpleNamespace(name=name))
        else:
            made = FakeKey(
                name=name,
                value=self._store.body(KIND, key),
                account_id=self._account,
                region_name=self._region,
                bucket_name=bucket,
                etag=facts["etag"],
                storage=facts["storage"],
                is_versioned=self._buckets[bucket].is_versioned,
            )
            made.set_metadata(facts["metadata"])
            for fact in _FACTS:
                setattr(made, fact, facts[fact])
        made._version_id, made.last_modified = facts["version_id"], datetime.fromisoformat(facts["modified"])
        return made


def _changes(known: dict[str, Any], present: dict[str, Any]) -> Iterator[Record]:
    for key, version in present.items():
        facts = _facts(version)
        if known.get(key) != facts:
            with suppress(ValueError):  # replaced concurrently: the other call persists the current content
                yield Record(KIND, key, facts, None if facts["deleted"] else version.value)
    for key in known.keys() - present.keys():
        yield Record(KIND, key, None)


def _facts(version: Any) -> dict[str, Any]:
    """Return the attributes of a version without its body."""
    of_all = {"version_id": version.version_id, "modified": version.last_modified.isoformat()}
    if isinstance(version, FakeDeleteMarker):
        return {"deleted": True, **of_all}
    return {
        "deleted": False,
        **of_all,
        "etag": version.etag.strip('"'),
        "storage": version.storage_class,
        "metadata": dict(version.metadata),
        **{fact: getattr(version, fact) for fact in _FACTS},
    }
