"""The renderer for a run's request."""

from __future__ import annotations

from rft.contracts.run_request import RunRequest
from rft.datasets.render import CountTokens, Renderer
from rft.tasks import task


def run_renderer(request: RunRequest, count_tokens: CountTokens) -> Renderer:
    """Raises InvalidRequest (dataset.task). The grader is set if request or task names one of this project's."""
    reads = task(request.dataset.task)
    grader = request.grader.name if request.grader else reads.default_grader
    return Renderer(reads, request.dataset.split.seed, count_tokens, grader)
