"""`rft dataset check`: reads a file as a run would and checks all rows, without AWS."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from rft import wiring
from rft.contracts.checks import CheckResult, DatasetChecks
from rft.contracts.dataset import Manifest, Source, SplitFile, SplitName
from rft.contracts.run_request import DatasetRequest, GraderRequest, RunRequest
from rft.datasets.bounds import BEDROCK, check_size
from rft.datasets.checks import RowFigures, check_rows
from rft.datasets.load import Loaded
from rft.datasets.manifest import build_manifest
from rft.datasets.profile import profile_rows
from rft.datasets.records import SourceBytes
from rft.datasets.render import row_end
from rft.datasets.split import Plan, count_groups, plan_split
from rft.datasets.spool import RowSpool
from rft.datasets.write import SplitRows
from rft.errors import DatasetInvalid, DatasetSizeOutOfBounds
from rft.evaluation.checks import planned_test_split
from rft_cli.graders.local_rows import known_task
from rft_cli.graders.training_rows import load_all
from rft_cli.views.dataset_report import print_dataset
from rft_cli.views.printing import Output, console_for, print_json

RUN_ID = "dataset-check-00000000"


def run_dataset_check(file: Path, *, task: str, grader: str | None, verbose: bool, output: Output) -> int:
    """Prints a run's findings; returns 1 if a run would reject the file.

    References are checked for `grader`, by default the task's own. Raises CommandError, OSError.
    """
    known_task(task)
    request = RunRequest(
        name="dataset-check",
        dataset=DatasetRequest(task=task, uri=str(file)),
        grader=GraderRequest(name=grader) if grader else None,
    )
    report = _report(file, request)
    if output == Output.JSON:
        print_json(report)
    else:
        print_dataset(console_for(output), report, verbose=verbose)
    return 1 if report["problems"] else 0


def _report(file: Path, request: RunRequest) -> dict[str, Any]:
    with file.open("rb") as stream, RowSpool.temporary() as spool:
        raw = SourceBytes(stream)
        try:
            loaded = load_all(raw, request, spool)
        except (DatasetInvalid, DatasetSizeOutOfBounds) as error:
            return {"file": str(file), "task": request.dataset.task, "problems": [str(error)]}
        raw.read_to_end()
        plan = plan_split(request.dataset.split, groups=spool.groups, labels=spool.labels)
        report = {"file": str(file), "task": request.dataset.task, **_figures(loaded)}
        problems = _problems(loaded, plan)
        if all(plan[name] for name in ("train", "validation")):
            manifest, shared = _manifest(raw, request, loaded, spool, plan)
            checks = _checks(request, manifest, shared, plan, spool=spool, loaded=loaded)
            problems += [f"{each.name}: {each.detail}" for each in checks.checks if each.result == CheckResult.BLOCK]
            report |= {
                "splits": {name: each.rows for name, each in manifest.files.items()},
                "tokens": manifest.tokens.model_dump(),
                "hyperparameters": {name: each.value for name, each in manifest.hyperparameters.items()},
                "checks": [each.model_dump(mode="json") for each in checks.checks],
            }
    return {**report, "problems": problems}


def _figures(loaded: Loaded) -> dict[str, Any]:
    return {
        "records": loaded.records,
        "rows": loaded.records - len(loaded.bad),
        "bad_records": [each.model_dump() for each in loaded.bad],
        "warnings": dict(sorted(loaded.warnings.items())),
    }


def _problems(loaded: Loaded, plan: Plan) -> list[str]:
    """Why a run would reject the file: invalid records, or their number."""
    found = [f"{len(loaded.bad)} of {loaded.records} records cannot be used"] if loaded.bad else []
    try:
        check_size(plan, records=loaded.records, bad_records=len(loaded.bad), bounds=BEDROCK)
    except DatasetSizeOutOfBounds as error:
        found.append(str(error))
    return found


def _manifest(
    raw: SourceBytes, request: RunRequest, loaded: Loaded, spool: RowSpool, plan: Plan
) -> tuple[Manifest, int]:
    """The manifest that a run would write, and the number of rows outside training in a training row's group."""
    counts = count_groups(plan, spool.groups)
    files: dict[SplitName, SplitFile] = {}
    identities: dict[SplitName, str] = {}
    for name, numbers in plan.items():
        rows = SplitRows(spool, numbers, row_end(RUN_ID, name))
        for _ in rows.chunks():
            pass
        files[name], identities[name] = rows.describe(request.dataset.uri, counts.groups[name]), rows.identity
    manifest = build_manifest(
        run_id=RUN_ID,
        request=request,
        source=Source(uri=request.dataset.uri, bytes=raw.bytes, digest=raw.digest),
        loaded=loaded,
        files=files,
        identities=identities,
        encoding=wiring.tokenizer().encoding,
        shards=1,
    )
    return manifest, counts.shared_rows


def _checks(
    request: RunRequest, manifest: Manifest, shared: int, plan: Plan, *, spool: RowSpool, loaded: Loaded
) -> DatasetChecks:
    figures = RowFigures(
        split=manifest.split,
        rows={name: file.rows for name, file in manifest.files.items()},
        shared_rows=shared,
        labels=sum((Counter(file.labels) for file in manifest.files.values()), Counter[str]()),
        prompt_tokens=loaded.prompt_tokens,
        max_prompt_length=int(manifest.hyperparameters["maxPromptLength"].value),
    )
    rows = {name: len(numbers) for name, numbers in plan.items()}
    read = profile_rows(rows, lambda split, at: spool.bodies([plan[split][at]])[0] + b"}")
    return check_rows(RUN_ID, figures, read, [planned_test_split(request, manifest)])
