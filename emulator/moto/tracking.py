"""Moto's record of every object that it ever made, which only its dashboard reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.core.common_models import BaseModel
from moto.s3.models import FakeKey, FakeMultipart

TRACKED = (FakeKey, FakeMultipart)
"""S3's reset closes the files of these by the record."""


def replacements() -> Iterator[tuple[Any, str, Any]]:
    """What stands for what in moto: object, attribute, new value."""
    yield BaseModel, "__new__", staticmethod(_new)


def _new(cls: Any, *_: Any, **__: Any) -> Any:
    instance = super(BaseModel, cls).__new__(cls)
    if issubclass(cls, TRACKED):
        cls.instances_tracked.append(instance)
    return instance
