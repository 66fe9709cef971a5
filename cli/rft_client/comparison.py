"""Compares runs: requests, curves and evaluations, as figures and as a self-contained HTML page."""

from __future__ import annotations

import hashlib
import tempfile
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from rft.contracts.evaluation import EvaluationReport, EvaluationSummary
from rft.contracts.http.api import RunView
from rft.contracts.http.report import RunReport
from rft.contracts.metrics import TrainingMetrics
from rft.evaluation.run_comparison import EvaluatedRun, request_differences, run_difference
from rft.report.charts import LineChart, comparison_charts
from rft.report.page import TEMPLATES, templates
from rft.runs.simulated import is_emulated
from rft.runs.status import TERMINAL
from rft_client.answers import typed
from rft_client.api_client import ApiClient
from rft_client.download import Downloader

OWN_TEMPLATES = Path(__file__).with_name("templates")
EVALUATION = "evaluation.json"


@dataclass(frozen=True)
class ComparedRun:
    """A run's current view. `ended`: report and evaluation, None before its end."""

    view: RunView
    ended: EvaluatedRun | None

    @property
    def metrics(self) -> TrainingMetrics | None:
        return self.view.metrics

    @property
    def evaluation(self) -> EvaluationSummary | None:
        return self.view.evaluation

    @property
    def simulated(self) -> bool:
        return self.ended.report.simulated if self.ended else is_emulated(self.view)

    @property
    def headline(self) -> str:
        return self.ended.report.headline.sentence if self.ended else "The run has not ended."


def read_run(client: ApiClient, run_id: str) -> ComparedRun:
    """Raises ApiError, and RftClientError for an invalid response."""
    view = typed(RunView, client.run(run_id))
    return ComparedRun(view, _evaluated(client, run_id) if view.status in TERMINAL else None)


def compare_runs(runs: Sequence[ComparedRun]) -> dict[str, Any]:
    """Figures of all runs; `differences` compare the other runs' models with that of the first run."""
    reference, *others = runs
    return {
        "reference": reference.view.run_id,
        "simulated": any(run.simulated for run in runs),
        "requests": request_differences([run.view for run in runs]),
        "runs": [_summary(run) for run in runs],
        "differences": [{"run_id": other.view.run_id, **_difference(reference, other)} for other in others],
    }


def curves(runs: Sequence[ComparedRun]) -> tuple[LineChart, ...]:
    """Charts of figures by step, with a line per run."""
    return comparison_charts({run.view.run_id: run.metrics for run in runs if run.metrics})


def comparison_page(comparison: Mapping[str, Any], charts: Sequence[LineChart]) -> str:
    """A self-contained HTML page without scripts."""
    style = Markup((TEMPLATES / "report.css").read_text("utf-8"))  # noqa: S704 - a file of this project
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    page = templates(OWN_TEMPLATES, TEMPLATES).get_template("comparison_page.html.j2")
    return page.render(comparison=comparison, charts=charts, style=style, style_digest=digest)


def _evaluated(client: ApiClient, run_id: str) -> EvaluatedRun:
    report = typed(RunReport, client.report(run_id))
    if report.evaluation is None or report.evaluation.report_uri is None:
        return EvaluatedRun(report, None)
    with tempfile.TemporaryDirectory() as folder:
        for page in client.files(run_id):
            for file in page:
                if file["name"] == EVALUATION:
                    Downloader(Path(folder)).load(file, lambda _: None)
                    body = (Path(folder) / EVALUATION).read_bytes()
                    return EvaluatedRun(report, EvaluationReport.model_validate_json(body))
    return EvaluatedRun(report, None)


def _difference(reference: ComparedRun, other: ComparedRun) -> dict[str, Any]:
    if reference.ended is None or other.ended is None:
        return {"unpaired": "one of the two has not ended", "verdict": None, "difference": None}
    found = run_difference(reference.ended, other.ended)
    numbers = asdict(found.difference) if found.difference else None
    return {"unpaired": found.unpaired or None, "verdict": found.verdict, "difference": numbers}


def _summary(run: ComparedRun) -> dict[str, Any]:
    rewards = [point.reward for point in run.metrics.training if point.reward is not None] if run.metrics else []
    return {
        "run_id": run.view.run_id,
        "status": run.view.status.value,
        "headline": run.headline,
        "simulated": run.simulated,
        "steps": run.metrics.steps if run.metrics else None,
        "reward_first": rewards[0] if rewards else None,
        "reward_last": rewards[-1] if rewards else None,
        "base": run.evaluation.base if run.evaluation else None,
        "tuned": run.evaluation.tuned if run.evaluation else None,
    }
