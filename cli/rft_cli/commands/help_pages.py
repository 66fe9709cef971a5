"""Help pages: flags without a type, and examples under each command."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup, TyperOption

EXAMPLES: dict[str, tuple[str, ...]] = {
    "submit": (
        "rft submit --name judge --task pandalm --dataset testset.json --watch",
        "rft submit run.yaml --set hyperparameters.epochCount=3 --key nightly-2026-05-01",
        "rft submit --from PILOT_RUN_ID --watch",
    ),
    "preflight": (
        "rft preflight --name judge --task pandalm --dataset testset.json --watch",
        "rft preflight run.yaml --set smoke_test.sample_size=100",
    ),
    "pilot": (
        "rft pilot --name judge --task pandalm --dataset testset.json --watch",
        "rft pilot run.yaml --set pilot.rows=200",
    ),
    "round": ("rft round RUN_ID --dataset more.json --watch", "rft round RUN_ID --set from_run.solved_score=0.95"),
    "experiment start": ("rft experiment start sweep.yaml --watch", "rft experiment start sweep.yaml --key sweep-7"),
    "experiment list": ("rft experiment list", "rft experiment list --output json | jq '.experiments[].best'"),
    "experiment show": ("rft experiment show EXPERIMENT_ID",),
    "experiment watch": ("rft experiment watch EXPERIMENT_ID --interval 60",),
    "experiment cancel": ("rft experiment cancel EXPERIMENT_ID",),
    "list": ("rft list --status failed --limit 5", "rft list --tag team=search --all --output json"),
    "show": ("rft show RUN_ID --verbose", "rft show RUN_ID --output json | jq .failure"),
    "watch": ("rft watch RUN_ID", "rft watch RUN_ID --interval 30 --output json"),
    "events": ("rft events RUN_ID", "rft events RUN_ID --output json"),
    "webhooks test": ("rft webhooks test --stack rft",),
    "webhooks rotate": ("rft webhooks rotate --stack rft",),
    "logs": ("rft logs RUN_ID --follow", "rft logs RUN_ID --function PrepareDataset --output json"),
    "evaluation": ("rft evaluation RUN_ID", "rft evaluation RUN_ID --output json | jq .evaluation.verdict"),
    "export": (
        "rft export RUN_ID --format sagemaker > recipe.yaml",
        "rft export RUN_ID --format bedrock --command",
    ),
    "retry": ("rft retry RUN_ID --watch", "rft retry RUN_ID --from training --set max_training_hours=48"),
    "evaluate": ("rft evaluate RUN_ID --watch", "rft evaluate RUN_ID --set evaluation.rows=200"),
    "promote": ("rft promote RUN_ID --to pandalm-judge --watch", "rft promote RUN_ID --to pandalm-judge --always"),
    "deployments": ("rft deployments", "rft deployments --output json | jq '.deployments[].model_arn'"),
    "undeploy": ("rft undeploy pandalm-judge", "rft undeploy pandalm-judge --output json | jq '.changes[-1].by'"),
    "rollback": ("rft rollback pandalm-judge", "rft rollback pandalm-judge --output json | jq .update_status"),
    "report": ("rft report RUN_ID --open", "rft report RUN_ID --output json | jq .headline.sentence"),
    "rollouts": (
        "rft rollouts RUN_ID --errors",
        "rft rollouts RUN_ID --split validation --max-score 0.2 --all --format jsonl > worst.jsonl",
    ),
    "compare": ("rft compare RUN_ID RUN_ID", "rft compare RUN_ID RUN_ID --output json | jq .differences"),
    "console": ("rft console --open", "rft console --stack rft --port 8123"),
    "rescore": (
        "rft rescore RUN_ID --grader my_grader.py",
        "rft rescore RUN_ID --grader gsm8k --errors --file rescored.jsonl",
    ),
    "download": ("rft download RUN_ID", "rft download RUN_ID results/nightly"),
    "cancel": ("rft cancel RUN_ID", "rft cancel RUN_ID --stack rft-staging"),
    "approve": (
        'rft approve RUN_ID --comment "within the budget of Q3"',
        'rft approve RUN_ID --reject --comment "too expensive"',
    ),
    "agreement": (
        "rft agreement --truth annotators.json --predictions judge.json",
        "rft agreement --truth hand.csv --predictions grader.jsonl --output json",
    ),
    "calibrate": (
        "rft calibrate rows.jsonl --task gsm8k --model bedrock:us.amazon.nova-2-lite-v1:0",
        "rft calibrate rows.jsonl --task gsm8k --model openai:http://localhost:11434/v1 --model-name qwen3:4b",
    ),
    "demo": ("rft demo", "rft demo --task gsm8k --grader my_grader.py --verbose"),
    "simulate": (
        "rft simulate examples/gsm8k/questions.jsonl --task gsm8k",
        "rft simulate RUN_ID --grader my_grader.py --steps 100",
    ),
    "up": ("rft local up", "rft local up --state build/aws --grader mine=my_grader.py"),
    "test": (
        "rft grader test gsm8k --dataset examples/gsm8k/questions.jsonl",
        "rft grader test my_grader.py --task rft --dataset examples/rft/math.jsonl --simulate",
    ),
    "attack": (
        "rft grader attack my_grader.py --dataset rows.jsonl --save hardened.jsonl",
        "rft grader attack gsm8k --task gsm8k --dataset examples/gsm8k/questions.jsonl --calls 500",
        "rft grader attack my_grader.py --dataset rows.jsonl --attacker http://localhost:8000/v1",
    ),
    "wrap": (
        "rft grader wrap rewards.py:accuracy --kind trl --out graders/accuracy",
        "rft grader wrap my_reward.py --kind verl --out graders/mine",
    ),
    "check": (
        "rft dataset check examples/gsm8k/questions.jsonl --task gsm8k",
        "rft dataset check mine.jsonl --task rft --grader extract --output json",
    ),
}
"""Command → examples."""


def epilog(command: str) -> str:
    """A command's examples as rich markup; blank lines keep typer from joining them."""
    return "\n\n".join(["[bold]Examples[/]", *(f"  [dim]$[/] {line}" for line in EXAMPLES[command])])


class Command(TyperCommand):
    """A command whose help shows no type for flags."""

    def get_params(self, ctx: Any) -> list[Any]:
        return without_flag_types(super().get_params(ctx))


class Group(TyperGroup):
    """A group whose help shows no type for flags."""

    def get_params(self, ctx: Any) -> list[Any]:
        return without_flag_types(super().get_params(ctx))


def without_flag_types(params: list[Any]) -> list[Any]:
    """Removes `<bool>`, which Typer shows for flags without a metavar."""
    for param in params:
        if isinstance(param, TyperOption) and param.is_flag and param.metavar is None:
            param.metavar = ""
    return params
