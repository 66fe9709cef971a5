"""Lists a run's files with presigned URLs."""

from __future__ import annotations

from datetime import timedelta

from rft.contracts.http.files import RunFileLink, RunFileList
from rft.ports.run_files import RunFiles
from rft.ports.runs import Ledger
from rft.ports.storage import Clock

LINK_SECONDS = 900
"""Validity of the URLs: 15 minutes suffice to download a page of files; the next page has new URLs."""


def list_run_files(
    *, run_id: str, limit: int, cursor: str | None, ledger: Ledger, files: RunFiles, clock: Clock
) -> RunFileList:
    """Returns the run's files by name; `cursor` is the last name of the previous page.

    Raises RunNotFound and the Retryable… errors.
    """
    ledger.get(run_id)
    expires = clock.now() + timedelta(seconds=LINK_SECONDS)
    found = files.after(run_id, cursor or "", most=limit)
    return RunFileList(
        run_id=run_id,
        files=tuple(
            RunFileLink(
                name=file.name,
                bytes=file.bytes,
                etag=file.etag,
                url=files.link(run_id, file.name, seconds=LINK_SECONDS),
                expires_at=expires,
            )
            for file in found
        ),
        cursor=found[-1].name if len(found) == limit else None,
    )
