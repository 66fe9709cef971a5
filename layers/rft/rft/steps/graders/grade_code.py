"""The code grader: the answer's program against its row's tests, in a sandbox."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rft.contracts.grading import GradeResult, Sample
from rft.grading.batch import RESERVE_SECONDS, Deadline, grade_batch
from rft.grading.telemetry import GraderTelemetry, OpenLog, no_log
from rft.ports.grading import CodeSandbox
from rft.rewards import code
from rft.rewards.components import Component


def grade_code(
    event: object,
    *,
    open_sandbox: Callable[[], CodeSandbox],
    seconds_left: float,
    rollout_log: OpenLog = no_log,
    parallelism: int = 1,
) -> tuple[GradeResult, ...]:
    """Grades a batch within `seconds_left`. Raises as `grade_batch`.

    A sandbox that cannot be opened or used is an error of each affected sample, never a score.
    """
    deadline = Deadline(seconds_left - RESERVE_SECONDS)

    def graded(sample: Sample) -> Sequence[Component]:
        tests, program = code.read_tests(sample), code.read_program(sample.answer)
        if program is None:
            return code.components(tests, None)
        return code.components(tests, open_sandbox().test(program, tests, remaining=deadline.remaining))

    return grade_batch(
        event,
        grader=graded,
        deadline=deadline,
        parallelism=parallelism,
        telemetry=GraderTelemetry("code", rollout_log),
    )
