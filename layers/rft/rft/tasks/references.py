"""Checks that a grader can use a row's reference within a sample's limits. Not pure: it sets process limits.

Runs on every row, before the run incurs any cost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rft.contracts.graders.rubric import RubricConfig
from rft.contracts.grading import Sample
from rft.errors import SampleLimitExceeded
from rft.rewards import code, composite, extract, finqa, format, gsm8k, safety  # noqa: A004  named after what it checks
from rft.rewards.declared import declared
from rft.rewards.sample_limits import SECONDS, SampleLimits
from rft.rewards.samples import UngradableSample, read_reference
from rft.rewards.verdicts import expected_label
from rft.tasks.base import BadRecord

_Use = Callable[[Sample], object]


def _composite(sample: Sample) -> object:
    # Rows without a composite use the stack's, which is unknown here, so only their own rules are tried.
    own = sample.reference if isinstance(sample.reference, dict) else {}
    if "composite" in own:
        return composite.components(sample)
    return [use(sample) for name, use in _RULES.items() if name in own]


def _rubric(sample: Sample) -> object:
    # Rows without a rubric use the run's, which the request's model has validated.
    own = isinstance(sample.reference, dict) and sample.reference.get("rubric") is not None
    return declared(sample, "rubric", RubricConfig) if own else None


_RULES: Mapping[str, _Use] = {
    "format": format.components,
    "extract": extract.components,
    "safety": safety.components,
}

_TRIAL_ANSWERS = ("", "{}", "[" + '{"a": "b"},' * 20 + "1]", "a" * 200 + "!")
"""An empty answer, an object, a list and a text, to find rules that are expensive for any answer."""

_USES: Mapping[str, _Use] = {
    "gsm8k": gsm8k.components,
    "finqa": finqa.expected_of,
    "format": format.components,
    "extract": extract.components,
    "code": code.read_tests,
    "rubric": _rubric,
    "composite": _composite,
    "pandalm": lambda sample: expected_label(sample.reference),
}
"""By grader name: a call that raises UngradableSample if the grader cannot use a reference."""


def check_reference(grader: str | None, row: Mapping[str, Any]) -> None:
    """Raises BadRecord, naming the part, if `grader` cannot score answers to this row.

    The row is in Bedrock's format. Graders outside this project are not checked.
    """
    use = _USES.get(grader or "")
    if use is None:
        return
    prompt = tuple((turn["role"], turn.get("content", "")) for turn in row["messages"])
    fields = {key: value for key, value in row.items() if key not in {"messages", "reference_answer"}}
    answers = _TRIAL_ANSWERS if grader in {"composite", *_RULES} else _TRIAL_ANSWERS[:1]
    try:
        reference = read_reference(row["reference_answer"])
        sample = Sample.model_construct(id="row", prompt=prompt, answer="", reference=reference, fields=fields)
        with SampleLimits.of_a_batch() as limits:
            for answer in answers:
                limits.run(SECONDS, use, sample.model_copy(update={"answer": answer}))
    except UngradableSample as error:
        raise BadRecord(str(error)) from error
    except (SampleLimitExceeded, MemoryError) as error:
        raise BadRecord("reference_answer: its rules take too much time or memory; make them simpler") from error
