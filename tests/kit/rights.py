"""Permissions that a test run needed, over all emulators; `python -m tests.kit.rights FOLDER` prints them."""

from __future__ import annotations

import json
import os
import sys
import tomllib
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from emulator import Emulator
from emulator.iam.rights import Right, granted, needed
from rft_project import ROOT

FOLDER = "RFT_RIGHTS"
"""Environment variable: folder where each emulator writes the permissions it needed."""

EXEMPT = Path(__file__).parents[1] / "unexercised_rights.toml"


@contextmanager
def recorded() -> Iterator[None]:
    """Record the permissions of emulators of the project's stack, if the environment variable is set."""
    folder = os.environ.get(FOLDER)
    if not folder:
        yield
        return
    original = Emulator.close

    def close(aws: Emulator) -> None:
        if aws.options.template == ROOT / "template.yaml":
            _save(aws, Path(folder))
        original(aws)

    with patch.object(Emulator, "close", close):
        yield


def exempt() -> Mapping[Right, str]:
    """Return permissions that AWS requires but the emulator does not use, with their documentation page."""
    entries = tomllib.loads(EXEMPT.read_text("utf-8"))["right"]
    return {Right(each["statement"], action): each["page"] for each in entries for action in each["actions"]}


def _save(aws: Emulator, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    found = {"granted": _texts(granted(aws.authorizer)), "needed": _texts(needed(aws.authorizer))}
    (folder / f"{uuid.uuid4()}.json").write_text(json.dumps(found))


def _texts(rights: set[Right]) -> list[list[str]]:
    return [[right.statement, right.action] for right in sorted(rights)]


def _loaded(folder: Path, part: str) -> set[Right]:
    files = [json.loads(path.read_text()) for path in folder.glob("*.json")]
    return {Right(*each) for file in files for each in file[part]}


def main(folder: Path) -> int:
    """Print each permission with its verdict; returns 1 if one is superfluous or exempt without reason."""
    given, used, known = _loaded(folder, "granted"), _loaded(folder, "needed"), exempt()
    for right in sorted(given):
        verdict = "needed" if right in used else "exempt" if right in known else "SUPERFLUOUS"
        print(f"{verdict:<12}{right.action:<44}{right.statement}")  # noqa: T201
    superfluous, stale = given - used - set(known), set(known) & used | set(known) - given
    print(f"{len(given)} rights: {len(used & given)} needed, {len(known)} exempt, {len(superfluous)} superfluous")  # noqa: T201
    for right in sorted(stale):
        print(f"exempt without reason: {right.action} of {right.statement}")  # noqa: T201
    return 1 if superfluous or stale or not given else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
