"""Persists published function versions; their code is next to the database, in folders named by digest."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from emulator.functions.code import CodeStore
from emulator.functions.spec import FunctionSpec
from emulator.state.store import Record, Store

KIND = "function_version"


def save_version(store: Store, spec: FunctionSpec) -> None:
    """Persist a version; published versions are immutable."""
    known = {field.name: getattr(spec, field.name) for field in dataclasses.fields(spec)}
    folders = {"folder": spec.folder.name, "layers": [layer.name for layer in spec.layers]}
    store.put(Record(KIND, f"{spec.name}/{int(spec.version):08}", {**known, **folders}))


def load_versions(store: Store, code: CodeStore) -> Iterator[FunctionSpec]:
    """Yield all versions, oldest first for each function."""
    for _, known in store.all(KIND):
        layers = tuple(code.path(layer) for layer in known["layers"])
        yield FunctionSpec(**{**known, "folder": code.path(known["folder"]), "layers": layers})
