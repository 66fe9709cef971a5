"""Functions created or changed through the API instead of the stack: deploys what moto has stored."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from emulator.functions.code import CodeStore
from emulator.functions.registry import Functions, UnknownFunction, split_name
from emulator.functions.spec import FunctionSpec, spec_of
from emulator.http.operations import Operation
from emulator.moto.functions import StoredFunction, stored_function

CHANGES = frozenset({"CreateFunction", "UpdateFunctionCode", "UpdateFunctionConfiguration", "DeleteFunction"})


class ApiFunctions:
    def __init__(self, functions: Functions, code: CodeStore, *, region: str) -> None:
        self._functions, self._code, self._region = functions, code, region

    def on_call(self, operation: Operation, body: bytes) -> None:
        """Deploy the function that a call has changed; called before the response is sent."""
        if (operation.service, operation.name) == ("cloudformation", "DeleteStack"):
            self._remove_deleted()
        if operation.service != "lambda" or operation.name not in CHANGES:
            return
        name = split_name(operation.labels[0] if operation.labels else json.loads(body)["FunctionName"])[0]
        try:
            stored = stored_function(self._region, name)
        except KeyError:
            self._functions.remove(name)
            return
        if spec := self._spec(name, stored, new_code="Configuration" not in operation.name):
            self._functions.add(spec)

    def _remove_deleted(self) -> None:
        for spec in self._functions.all():
            try:
                stored_function(self._region, spec.name)
            except KeyError:
                self._functions.remove(spec.name)

    def _spec(self, name: str, stored: StoredFunction, *, new_code: bool) -> FunctionSpec | None:
        """Return the function to deploy, with its old code unless `new_code`; returns None for an invalid archive."""
        try:
            before = self._functions.find(name)
        except UnknownFunction:
            before = None
        try:
            folder = self._code.add_archive(stored.archive) if new_code or before is None else before.folder
        except zipfile.BadZipFile:
            return None
        return spec_of(
            stored.configuration,
            logical_id=before.logical_id if before else name,
            folder=folder,
            layers=before.layers if before else self._stack_layers(stored),
            dead_letter_arn=before.dead_letter_arn if before else None,
            async_retries=before.async_retries if before else 2,
        )

    def _stack_layers(self, stored: StoredFunction) -> tuple[Path, ...]:
        if not stored.configuration.get("Layers"):
            return ()
        return next((spec.layers for spec in self._functions.all() if spec.layers), ())
