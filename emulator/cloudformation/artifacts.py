"""The code of functions and layers, as what SAM uploads: an S3 URI whose key leads back to the folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emulator.functions.code import digest_of

ARTIFACTS = "emulated-artifacts"
"""The bucket that stands for the one SAM uploads code to."""


class TemplateInvalid(ValueError):
    """The template cannot be deployed here; the message says where and why."""


def use_artifact_uris(source: dict[str, Any], root: Path) -> None:
    """Turn the template's local paths into artifact URIs, in place. Raises TemplateInvalid for a missing folder."""
    for name, resource in source["Resources"].items():
        properties = resource.get("Properties", {})
        for key in ("CodeUri", "ContentUri"):
            if isinstance(properties.get(key), str) and not properties[key].startswith("s3://"):
                properties[key] = _artifact_uri(name, root, properties[key].strip("/"))


def artifact_key(resource: Mapping[str, Any]) -> str:
    """S3 key of a translated function or layer."""
    properties = resource["Properties"]
    key: str = (properties.get("Code") or properties["Content"])["S3Key"]
    return key


def folder_of(resource: Mapping[str, Any], root: Path) -> Path:
    """The folder that a translated function's or layer's code came from."""
    return root / artifact_key(resource).partition("/")[2]


def _artifact_uri(name: str, root: Path, path: str) -> str:
    """With the code's digest, so that other code is another resource, as after `sam package`."""
    folder = root / path
    if not folder.is_dir():
        raise TemplateInvalid(f"the code of {name} is missing: there is no folder {folder}")
    return f"s3://{ARTIFACTS}/{digest_of(folder)}/{path}"
