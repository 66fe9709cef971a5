"""Answers and scores in numbered chunks, each stored once so that a retry resumes. Takes ports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rft.contracts.dataset import SplitName
from rft.contracts.sampling import Answer, AnswerGrade, AnswerGrades, Answers
from rft.contracts.score_range import UNIT, ScoreBounds
from rft.errors import StalePlan
from rft.evaluation.grading import grade
from rft.evaluation.sampling import PARALLELISM, Prompt, Sampling
from rft.ports.grading import GraderInvoker
from rft.ports.storage import ObjectStore

CHUNK = PARALLELISM
"""Answers per chunk: the maximum loss in a crash, and the size of one grader invocation."""

MAX_CHUNK_BYTES = 64 * 2**20


def chunks(prompts: int) -> int:
    return -(-prompts // CHUNK)


@dataclass(frozen=True)
class RolloutStore:
    """One model's answers under `runs/<run_id>/<stage>/`; `name` is base, tuned or a second grader's."""

    store: ObjectStore
    run_id: str
    stage: str
    name: str

    def answers(self, number: int) -> Answers | None:
        body = self.store.find_bytes(self._uri("answers", number), most=MAX_CHUNK_BYTES)
        return Answers.model_validate_json(body) if body is not None else None

    def grades(self, number: int) -> AnswerGrades | None:
        body = self.store.find_bytes(self._uri("grades", number), most=MAX_CHUNK_BYTES)
        return AnswerGrades.model_validate_json(body) if body is not None else None

    def put_answers(self, number: int, answers: Answers) -> None:
        self.store.put_bytes(self._uri("answers", number), answers.model_dump_json().encode())

    def put_grades(self, number: int, grades: AnswerGrades) -> None:
        self.store.put_bytes(self._uri("grades", number), grades.model_dump_json().encode())

    def _uri(self, kind: str, number: int) -> str:
        return self.store.uri(f"runs/{self.run_id}/{self.stage}/{kind}/{self.name}-{number:05d}.json")


@dataclass(frozen=True)
class Rollouts:
    stored: RolloutStore
    sampling: Sampling
    grader_arn: str
    invoker: GraderInvoker
    split: SplitName
    bounds: ScoreBounds = UNIT

    def chunk(self, number: int, prompts: Sequence[Prompt]) -> tuple[Answers, AnswerGrades]:
        """Returns the stored chunk, or a new one. Raises as Sampling and the grader, StalePlan."""
        answers = self.stored.answers(number)
        if answers is None:
            given = self.sampling.answers(prompts)
            answers = Answers(model_id=self.sampling.model_id, protocol=self.sampling.protocol.digest, answers=given)
            self.stored.put_answers(number, answers)
        check_chunk(number, answers, prompts)
        grades = self.stored.grades(number)
        if grades is None:
            grades = grade(
                self.grader_arn, self.invoker, prompts, answers.answers, split=self.split, bounds=self.bounds
            )
            self.stored.put_grades(number, grades)
        return answers, grades

    def audit_chunk(self, judge: str, number: int, prompts: Sequence[Prompt], answers: Answers) -> None:
        """Grades a chunk's answers with the audit judge, unless stored. Raises as the grader."""
        stored = audit_store(self.stored)
        if stored.grades(number) is None:
            grades = grade(
                self.grader_arn,
                self.invoker,
                prompts,
                answers.answers,
                split=self.split,
                bounds=self.bounds,
                audit_judge=judge,
            )
            stored.put_grades(number, grades)


def audit_store(stored: RolloutStore) -> RolloutStore:
    return replace(stored, name=f"{stored.name}-audit")


def check_chunk(number: int, answers: Answers, prompts: Sequence[Prompt]) -> None:
    """Raises StalePlan if the stored answers are to other prompts, so that scores are never assigned to other rows."""
    stored = [(each.row_id, each.row, each.sample, each.mirrored) for each in answers.answers]
    if stored != [(each.source.task_id, each.row, each.sample, each.mirrored) for each in prompts]:
        raise StalePlan(f"chunk {number} holds answers to other prompts; start the run again")


def in_chunks(prompts: Sequence[Prompt]) -> list[Sequence[Prompt]]:
    return [prompts[at : at + CHUNK] for at in range(0, len(prompts), CHUNK)]


def with_grades(answers: Answers, grades: AnswerGrades) -> list[tuple[Answer, AnswerGrade]]:
    """Pairs each answer with its score. Raises ValueError if their numbers differ."""
    return list(zip(answers.answers, grades.grades, strict=True))
