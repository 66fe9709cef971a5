"""A run whose judge is a model trained by an earlier run, in memory."""

from __future__ import annotations

from typing import Any

from rft.contracts.agreement import Agreement, Figures
from rft.contracts.evaluation import ChangedRows, EvaluationReport, EvaluationSummary, JudgeAgreement, McNemarTest
from rft.contracts.ledger import RunRecord, RunStatus
from rft.contracts.run_request import RunRequest
from rft.steps.evaluation.check_judge import check_judge
from rft.steps.evaluation.deploy_judge import deploy_judge
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.fakes.models import MemoryDeploymentRecords, MemoryDeployments
from tests.kit.fakes.store import MemoryStore
from tests.kit.records import RUN_ID, add_run, run_record

TRAINED = "judge-20261101t120000-0a1b2c3d"
MODEL = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-2-lite-v1:0:256k/abcdef123456"


class FakeJudge:
    """`kappa` is that of the trained judge, with its interval; that of its base model is 0.5."""

    def __init__(self, *, kappa: tuple[float, float, float] = (0.8, 0.7, 0.9), **grader: Any) -> None:
        self.clock = FixedClock()
        self.ledger = MemoryLedger(self.clock)
        self.store = MemoryStore()
        self.deployments = MemoryDeployments()
        self.records = MemoryDeploymentRecords()
        chosen = {"name": "pandalm", "judge": f"run:{TRAINED}", **grader}
        self.request = RunRequest.model_validate({**run_record().request.model_dump(mode="json"), "grader": chosen})
        add_run(self.ledger, RunStatus.PREPARING)
        self.ledger.records[RUN_ID] = self.record.model_copy(update={"request": self.request})
        uri = self.store.uri(f"runs/{TRAINED}/evaluation.json")
        evaluation = EvaluationSummary(status="completed", verdict="better", report_uri=uri)
        self.store.put_bytes(uri, _report(evaluation, kappa).model_dump_json().encode())
        trained = {"run_id": TRAINED, "status": RunStatus.COMPLETED, "model_arn": MODEL, "evaluation": evaluation}
        self.ledger.records[TRAINED] = run_record().model_copy(update=trained)

    def deploy(self) -> None:
        deploy_judge(
            run_id=RUN_ID,
            request=self.request,
            stack_name="rft",
            deployments=self.deployments,
            records=self.records,
            ledger=self.ledger,
            store=self.store,
            clock=self.clock,
        )

    def check(self) -> str:
        return check_judge(run_id=RUN_ID, deployments=self.deployments, ledger=self.ledger, clock=self.clock).status

    @property
    def record(self) -> RunRecord:
        return self.ledger.get(RUN_ID)


def _report(summary: EvaluationSummary, kappa: tuple[float, float, float]) -> EvaluationReport:
    return EvaluationReport(
        run_id=TRAINED,
        summary=summary,
        rows=(),
        unscored=(),
        effect_size=None,
        mcnemar=McNemarTest(only_base=0, only_tuned=0, p_value=1, valid=True, solved_score=0.5),
        slices=(),
        changes=ChangedRows(regressions=0, improvements=0, regressed=(), improved=()),
        models={},
        agreement={"base": _agreement(0.5, 0.4, 0.6), "tuned": _agreement(*kappa)},
    )


def _agreement(kappa: float, low: float, high: float) -> JudgeAgreement:
    figures: dict[str, Any] = {
        "n": 100,
        "accuracy": 0.8,
        "macro_precision": 0.8,
        "macro_recall": 0.8,
        "macro_f1": 0.8,
        "kappa": kappa,
        "kappa_interval": (low, high),
        "confusion": {},
    }
    majority = Agreement(**figures, parsed=100, unparsable=0, unparsable_as_wrong=Figures(**figures))
    return JudgeAgreement(majority=majority, annotators=(), swapped=None)
