"""`rft download`: everything that a run has written, into a folder."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from rft_cli.client.api_client import ApiClient, ApiError
from rft_cli.client.deployment import Deployment
from rft_cli.client.download import Downloader
from rft_cli.commands.options import OutputOption, RunId, with_target
from rft_cli.errors import CommandError
from rft_cli.views.printing import Output, console_for, print_json, print_lines

PARALLELISM = 8
EXPIRED = 403
ATTEMPTS = 3
"""How often a file's address is renewed."""


@with_target()
def download(
    *,
    run_id: RunId,
    target: Deployment,
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="Where to. Default: a folder named after the run.")
    ] = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Download every file of a run. Run it again to resume: files that are there are not loaded again."""
    into = folder or Path(run_id)
    console = console_for(output)
    with _progress(console) as bar:
        loading = _Loading(target.client, run_id, into, bar)
        loading.all()
    found = {"folder": str(into), "files": loading.files, "loaded": loading.loaded, "bytes": loading.bytes}
    if output == Output.JSON:
        print_json(found)
    else:
        there = f", {loading.files - loading.loaded:,} already there" if loading.loaded < loading.files else ""
        print_lines(console, [f"{loading.files:,} files in {escape(str(into))} ({loading.loaded:,} loaded{there})"])


@dataclass
class _Loading:
    """All of a run's files, some at a time."""

    client: ApiClient
    run_id: str
    folder: Path
    bar: Progress
    files: int = 0
    loaded: int = 0
    bytes: int = 0
    _own: threading.local = field(default_factory=threading.local, repr=False)

    def all(self) -> None:
        """Page by page, as a page's addresses expire."""
        task = self.bar.add_task("files", total=0)
        with ThreadPoolExecutor(PARALLELISM, thread_name_prefix="download") as pool:
            for page in self.client.files(self.run_id):
                self.bytes += sum(file["bytes"] for file in page)
                self.bar.update(task, total=self.bytes)
                try:
                    for loaded in pool.map(lambda file: self._load(file, task), page):
                        self.files += 1
                        self.loaded += loaded
                except BaseException:
                    pool.shutdown(wait=True, cancel_futures=True)
                    raise

    def _load(self, file: dict[str, Any], task: Any) -> bool:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._downloader.load(file, lambda more: self.bar.advance(task, more))
            except ApiError as error:
                if error.status != EXPIRED or attempt == ATTEMPTS:
                    raise
                file = next(self._renewed(file["name"]), file)
        raise CommandError(f"{file['name']} cannot be loaded")

    def _renewed(self, name: str) -> Iterator[dict[str, Any]]:
        return (file for page in self.client.files(self.run_id) for file in page if file["name"] == name)

    @property
    def _downloader(self) -> Downloader:
        if not hasattr(self._own, "downloader"):
            self._own.downloader = Downloader(self.folder)
        downloader: Downloader = self._own.downloader
        return downloader


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(20),
        DownloadColumn(binary_units=True),
        TransferSpeedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
