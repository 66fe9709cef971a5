"""## Starting runs

`POST /runs`, signed, each a run of its own, over the emulated API: its signature check, the function in processes of
its own, the ledger's transaction and the start of the execution, which then fails at once, for want of its
functions, so that little but the API is measured.

One client first, each request after the last reply. Then 20 concurrent clients that together send half as many requests
as the one client did, at times of their own: this has a bound. Last, 20 clients at one moment. That is a measure of the
emulator alone: most of the work is computing in its one process, so that the last of 20 waits as long as all 20 take.
AWS gives each request a process of its own.
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
    """Any answer but 202 ends the benchmark with its error."""
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
    """Seconds of each request. Before each, up to twice `pause` seconds pass, by chance."""
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
