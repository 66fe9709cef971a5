"""## Preparing a dataset

Reads, validates, splits, counts tokens and writes, from one local file to others. The plain way (plain_preparation.py)
loads the file into memory and has one loop. Tokenising alone only counts the tokens of the same prompts, each as a
whole, on the same cores. The plain way does not check rows for duplicates and leakage, so ours checks only 1,000 rows
in this comparison; the time with all checks (max 20,000 rows) is reported separately. Memory is the sum over all
processes (proportional set size), which share the vocabulary. Files of these sizes exceed Bedrock's limit of 20,000
training rows, which is disabled here.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks import plain_preparation
from benchmarks.comparisons import write_comparisons
from benchmarks.measured import Measured, measured, timed
from benchmarks.ratios import Ratio, cost, speedup
from rft.adapters.processes import ForkedWorkers
from rft.adapters.tokenizer import TiktokenTokenizer
from rft.contracts.dataset import prompt_text
from rft.contracts.ledger import RunStatus
from rft.datasets import profile
from rft.datasets.bounds import Bounds
from rft.datasets.records import SourceBytes, read_records
from rft.ports.datasets import OpenSource
from rft.steps.prepare_dataset import prepare_dataset
from rft.tasks import task
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.records import RUN_ID, add_run

VOCABULARY = Path(__file__).parents[1] / "layers/dependencies/tiktoken_cache"
SMALL, LARGE = 100_000, 1_000_000
MAX_MEGABYTES = 400
ROUNDS = 3
FEW_CHECKED = 1_000
ANY_SIZE = Bounds(least=1, most=10**9)
"""Disables Bedrock's limit on rows, which applies to the job and not to this step."""


def measure() -> list[Ratio]:
    """Measure all ways in alternation; times are the best of three rounds."""
    os.environ["TIKTOKEN_CACHE_DIR"] = str(VOCABULARY)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "comparisons.json"
        write_comparisons(source, SMALL)
        ways = (prepare, plain_way, tokenising, tokenising_what_differs, prepare_and_check)
        ours, plain, tokens, shared, checked = _best(folder, source, ways)
        source.unlink()
        write_comparisons(source, LARGE)
        large = measured(prepare_and_check, source, Path(folder))
    small = f"{SMALL:,} records"
    return [
        speedup(f"{small}: against the plain way", ours=ours.seconds, baseline=plain.seconds, bound=2.5),
        speedup(f"{small}: with all checks, against the plain way", ours=checked.seconds, baseline=plain.seconds),
        cost(f"{small}: against tokenising alone", ours=ours.seconds, baseline=tokens.seconds, bound=1.3),
        cost(f"{small}: against tokenising what differs alone", ours=ours.seconds, baseline=shared.seconds),
        cost(f"{small}: memory against the plain way", ours=ours.megabytes, baseline=plain.megabytes, unit="MB"),
        cost(
            f"{LARGE:,} records: memory against {small}",
            ours=large.megabytes,
            baseline=checked.megabytes,
            bound=1.2,
            unit="MB",
        ),
        cost(
            f"{LARGE:,} records: memory against {MAX_MEGABYTES} MB",
            ours=large.megabytes,
            baseline=MAX_MEGABYTES,
            bound=1,
            unit="MB",
        ),
        cost(f"{LARGE:,} records: time against ten times {small}", ours=large.seconds, baseline=10 * checked.seconds),
    ]


def _best(folder: str, source: Path, ways: tuple[Callable[[Path, Path], float], ...]) -> list[Measured]:
    rounds = [[measured(way, source, Path(folder)) for way in ways] for _ in range(ROUNDS)]
    return [min(results, key=lambda each: each.seconds) for results in zip(*rounds, strict=True)]


def prepare(source: Path, folder: Path) -> float:
    """Run the step with few row checks. Each way runs in its own process, so the patch affects no other."""
    profile.MAX_ROWS = FEW_CHECKED
    return prepare_and_check(source, folder)


def prepare_and_check(source: Path, folder: Path) -> float:
    """Run the unmodified step on local files."""
    ledger = MemoryLedger(FixedClock())
    files = LocalFiles(folder)
    request = add_run(
        ledger, RunStatus.PENDING, dataset={"task": "pandalm", "uri": f"s3://data-bucket/{source.name}"}
    ).request
    tokenizer = TiktokenTokenizer()
    return timed(
        lambda: prepare_dataset(
            run_id=RUN_ID,
            request=request,
            source=files,
            store=files,
            tokenizer=tokenizer,
            workers=ForkedWorkers(),
            ledger=ledger,
            bounds=ANY_SIZE,
        )
    )


def plain_way(source: Path, folder: Path) -> float:
    """Run plain_preparation.py; the vocabulary is loaded before timing starts, as for the step."""
    TiktokenTokenizer()
    return timed(lambda: plain_preparation.prepare(source, folder))


def tokenising(source: Path, _folder: Path) -> float:
    """Count each prompt as a whole."""
    tokenizer = TiktokenTokenizer()
    return _tokenising(source, lambda batch: [tokenizer.count([prompt])[0] for prompt in batch])


def tokenising_what_differs(source: Path, _folder: Path) -> float:
    """Count the text shared by the prompts of a batch once, as the step does."""
    return _tokenising(source, TiktokenTokenizer().count)


def _tokenising(source: Path, count: Callable[[list[str]], list[int]]) -> float:
    """Time `count` over all prompts; they are built before timing starts and inherited by forked processes."""
    prompts = list(_prompts(source))

    def work(start: int) -> int:
        return sum(count(prompts[start : start + 128]))

    return timed(lambda: sum(ForkedWorkers().map(work, range(0, len(prompts), 128))))


def _prompts(source: Path) -> Iterator[str]:
    with source.open("rb") as file:
        for record in read_records(SourceBytes(file)):
            yield prompt_text(task("pandalm").read(record.value).messages)


class LocalFiles:
    """Implements the parts of ports.ObjectStore and ports.DatasetSource that the step needs, on a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def join(self, uri: str, pieces: Sequence[str]) -> None:
        raise NotImplementedError

    def uri(self, key: str) -> str:
        return f"s3://data-bucket/{key}"

    def _path(self, uri: str) -> Path:
        return self._folder / uri.rpartition("/")[2]

    def put_stream(self, uri: str, chunks: Iterable[bytes]) -> None:
        with self._path(uri).open("wb") as file:
            file.writelines(chunks)

    def put_bytes(self, uri: str, body: bytes) -> None:
        self._path(uri).write_bytes(body)

    @contextmanager
    def open(self, uri: str, version: str | None = None, start: int = 0) -> Iterator[OpenSource]:
        path = self._path(uri)
        with path.open("rb") as file:
            file.seek(start)
            yield OpenSource(stream=file, bytes=path.stat().st_size, version=version)

    def get_bytes(self, uri: str) -> bytes:
        return self._path(uri).read_bytes()

    def find_bytes(self, uri: str, *, most: int) -> bytes | None:
        raise NotImplementedError

    def lines(self, uri: str) -> Iterator[bytes]:
        yield from self.get_bytes(uri).splitlines()
