"""Functions that some client made with CreateFunction: their code is what they uploaded, unpacked."""

from __future__ import annotations

import io
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.utils import get_backend

from emulator.functions.spec import FunctionSpec

Layers = Callable[[], tuple[Path, ...]]


class UploadedFunctions:
    """Finds functions in moto's Lambda, which takes and describes them, and unpacks their code to run it here."""

    def __init__(self, *, account: str, region: str, layers: Layers) -> None:
        self._account, self._region, self._layers = account, region, layers
        self._folder = Path(tempfile.mkdtemp(prefix="rft-functions-"))

    def find(self, name: str) -> FunctionSpec | None:
        """The function as it was last uploaded; None where there is none. Its folder is new for each new code."""
        function = self._function(name)
        if function is None:
            return None
        folder = self._folder / name / str(function.code_sha_256).replace("/", "-")
        if not folder.exists():
            _unpack(function.code_bytes, folder)
        return FunctionSpec(
            name=function.function_name,
            logical_id=function.function_name,
            arn=function.function_arn,
            role_arn=str(function.role),
            folder=folder,
            handler=function.handler,
            timeout=float(function.timeout),
            memory=int(function.memory_size),
            environment=dict(function.environment_vars or {}),
            layers=self._layers() if function.layers else (),
        )

    def close(self) -> None:
        """Remove the unpacked code."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _function(self, name: str) -> Any:
        try:
            return get_backend(self._account, self._region).get_function(name)
        except UnknownFunctionException:
            return None


def _unpack(code: bytes, folder: Path) -> None:
    partial = folder.with_name(f"{folder.name}.partial")
    with zipfile.ZipFile(io.BytesIO(code)) as archive:
        archive.extractall(partial)
    partial.rename(folder)


def stack_layers(specs: Sequence[FunctionSpec]) -> tuple[Path, ...]:
    """Folders of the stack's layers, which any of its functions names."""
    return next((spec.layers for spec in specs if spec.layers), ())
