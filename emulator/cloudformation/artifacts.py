"""Code of functions and layers as S3 URIs, as SAM would upload it; the key contains the path of the local folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emulator.functions.code import digest_of

ARTIFACTS = "emulated-artifacts"
"""Stands in for the bucket that SAM uploads code to."""


class TemplateInvalid(ValueError):
    """The template cannot be deployed by the emulator; the message gives place and reason."""


def use_artifact_uris(source: dict[str, Any], root: Path) -> None:
    """Replace the template's local paths by artifact URIs, in place. Raises TemplateInvalid if a folder is missing."""
    for name, resource in source["Resources"].items():
        properties = resource.get("Properties", {})
        for key in ("CodeUri", "ContentUri"):
            if isinstance(properties.get(key), str) and not properties[key].startswith("s3://"):
                properties[key] = _artifact_uri(name, root, properties[key].strip("/"))


def artifact_key(resource: Mapping[str, Any]) -> str:
    """Return the S3 key of the code of a translated function or layer."""
    properties = resource["Properties"]
    key: str = (properties.get("Code") or properties["Content"])["S3Key"]
    return key


def folder_of(resource: Mapping[str, Any], root: Path) -> Path:
    """Return the local folder of the code of a translated function or layer."""
    return root / artifact_key(resource).partition("/")[2]


def _artifact_uri(name: str, root: Path, path: str) -> str:
    folder = root / path
    if not folder.is_dir():
        raise TemplateInvalid(f"the code of {name} is missing: folder {folder} not found")
    # with the code's digest, so that changed code changes the resource, as after `sam package`
    return f"s3://{ARTIFACTS}/{digest_of(folder)}/{path}"
