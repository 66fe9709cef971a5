"""The highest- and lowest-scored rollouts of a run. Takes ports; the selection is pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from rft.contracts.http.report import RolloutExample, RolloutExamples
from rft.contracts.telemetry import Rollout
from rft.ports.training import RolloutReader
from rft.report.sampled_objects import sampled_objects
from rft.text import text_block, text_line

EXAMPLES = 10
MAX_TEXT = 3_000
"""Maximum characters of a prompt or an answer."""
MAX_COMPONENTS, MAX_COMPONENT_NAME = 20, 80

Rank = Callable[[Rollout], tuple[float, ...]]


@dataclass
class ScoredRollouts:
    """The highest- and lowest-scored rollout of each row; among equal scores the latest is used."""

    highest: dict[str, Rollout] = field(default_factory=dict)
    lowest: dict[str, Rollout] = field(default_factory=dict)
    read: int = 0

    def add(self, rollouts: Iterable[Rollout]) -> None:
        """Ignores errors, which have no score."""
        for rollout in rollouts:
            self.read += 1
            if rollout.score is None:
                continue
            row = rollout.task_id or rollout.id
            _replace(self.highest, row, rollout, _highest_first)
            _replace(self.lowest, row, rollout, _lowest_first)


def read_examples(run_id: str, reader: RolloutReader) -> RolloutExamples | None:
    """Returns None for a run without rollouts. Raises the Retryable… errors."""
    sample = sampled_objects(run_id, reader)
    if not sample.names:
        return None
    found, unreadable = ScoredRollouts(), 0
    for rows in reader.read(run_id, sample.names):
        unreadable += rows is None
        found.add(rows or ())
    return RolloutExamples(
        rollouts_read=found.read,
        objects_read=len(sample.names),
        objects=sample.total,
        unreadable=unreadable,
        highest=_examples(found.highest.values(), _highest_first),
        lowest=_examples(found.lowest.values(), _lowest_first),
    )


def with_prompts(examples: RolloutExamples, prompts: Mapping[str, str]) -> RolloutExamples:
    return examples.model_copy(
        update={
            name: tuple(
                each.model_copy(update={"prompt": prompts.get(each.task_id or "")}) for each in getattr(examples, name)
            )
            for name in ("highest", "lowest")
        }
    )


def shown_text(text: str) -> str:
    return text_block(text, MAX_TEXT)


def _replace(chosen: dict[str, Rollout], row: str, rollout: Rollout, rank: Rank) -> None:
    known = chosen.get(row)
    if known is None or rank(rollout) < rank(known):
        chosen[row] = rollout


def _examples(rollouts: Iterable[Rollout], rank: Rank) -> tuple[RolloutExample, ...]:
    first = sorted(rollouts, key=lambda each: (*rank(each), each.task_id or "", each.id))[:EXAMPLES]
    return tuple(map(_example, first))


def _highest_first(rollout: Rollout) -> tuple[float, ...]:
    return -_score(rollout), -rollout.at.timestamp()


def _lowest_first(rollout: Rollout) -> tuple[float, ...]:
    return _score(rollout), -rollout.at.timestamp()


def _score(rollout: Rollout) -> float:
    return 0.0 if rollout.score is None else rollout.score


def _example(rollout: Rollout) -> RolloutExample:
    components = list(rollout.components.items())[:MAX_COMPONENTS]
    return RolloutExample(
        id=rollout.id,
        task_id=rollout.task_id,
        split=rollout.split,
        at=rollout.at,
        score=_score(rollout),
        answer_length=rollout.answer_length,
        components={text_line(name, MAX_COMPONENT_NAME): value for name, value in components},
        answer=None if rollout.answer is None else shown_text(rollout.answer),
    )
