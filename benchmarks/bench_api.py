"""## Starting runs

Signed `POST /runs` requests to the emulated API, each for a new run: signature verification, the function in its own
processes, the ledger's transaction and the start of the execution. The functions of the state machine are missing, so
that executions fail immediately and only the API is measured.

First, one client sends requests one after another. Then 20 concurrent clients together send requests at half of that
rate, at random times; this has a bound. Last, 20 clients send simultaneously. This measures only the emulator: most of
the work is computation in its single process, so the last of 20 clients waits for all others. AWS runs each request in
a separate process.
"""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from benchmarks.ratios import Ratio, cost
from emulator import Emulator, EmulatorOptions
from emulator.faults import Fault
from rft_client.api_client import ApiClient

CLIENTS, REQUESTS, ALONE = 20, 6, 40


def measure() -> list[Ratio]:
    """Measure the three loads; any response other than 202 aborts the benchmark with its error."""
    cores = len(os.sched_getaffinity(0))
    with _api(workers=2 * cores) as aws:
        _together(aws, 2 * cores, 5)
        alone = statistics.median(_one_client(aws, "alone", ALONE))
        paced = _together(aws, CLIENTS, REQUESTS, pause=2 * CLIENTS * alone)
        at_once = _together(aws, CLIENTS, 1)
    return [
        _p95(f"{CLIENTS} clients, half as often as one can: p95 against one client's median", paced, alone, bound=5),
        _p95(f"{CLIENTS} clients at one moment: p95 against one client's median", at_once, alone, bound=None),
    ]


def _p95(name: str, seconds: list[float], alone: float, *, bound: float | None) -> Ratio:
    return cost(name, ours=statistics.quantiles(seconds, n=20)[-1], baseline=alone, bound=bound)


@contextmanager
def _api(*, workers: int) -> Iterator[Emulator]:
    with Emulator.start(EmulatorOptions(workers_per_function=workers)) as aws:
        for function in ("PrepareDataset", "RecordOutcome"):
            aws.faults.add(
                Fault(service="lambda", operation="Invoke", subject=function, effect="init_error", count=None)
            )
        aws.faults.add(Fault(service="events", operation="Deliver", effect="drop", count=None))
        yield aws


def _together(aws: Emulator, clients: int, requests: int, *, pause: float = 0) -> list[float]:
    with ThreadPoolExecutor(clients) as pool:
        rounds = pool.map(lambda n: _one_client(aws, f"client-{n}", requests, pause=pause), range(clients))
        return [seconds for each in rounds for seconds in each]


def _one_client(aws: Emulator, name: str, requests: int, *, pause: float = 0) -> list[float]:
    """Return the seconds of each request; each is preceded by a random pause of up to twice `pause` seconds."""
    client = ApiClient.signed(aws.api_url, aws.region, aws.credentials)
    body = {"name": name, "dataset": {"task": "pandalm", "uri": f"s3://{aws.bucket}/datasets/benchmark.json"}}
    chance = random.Random(name)  # noqa: S311  not a secret
    seconds = []
    for _ in range(requests):
        time.sleep(chance.uniform(0, 2 * pause))
        seconds.append(_seconds(client, body))
    return seconds


def _seconds(client: ApiClient, body: Mapping[str, object]) -> float:
    start = time.perf_counter()
    client.start_run(body)
    return time.perf_counter() - start
