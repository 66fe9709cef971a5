"""A request with all fields set."""

from __future__ import annotations

from typing import Any

FULL_REQUEST: dict[str, Any] = {
    "name": "full",
    "dataset": {
        "task": "rubric",
        "uri": "s3://data-bucket/datasets/rows.jsonl",
        "version": "v1",
        "max_samples": 500,
        "max_bad_records": 3,
        "split": {"strategy": "grouped", "seed": 7, "train": 0.7, "validation": 0.2, "test": 0.1},
    },
    "grader": {
        "name": "rubric",
        "config": {
            "criteria": [
                {
                    "name": "polite",
                    "question": "Is the tone polite?",
                    "yes": "thanks",
                    "no": "blame",
                    "weight": 2,
                    "gate": True,
                    "dimension": "tone",
                },
                {"name": "next_step", "question": "Is a step named?", "yes": "today", "no": "none", "dimension": "use"},
            ],
            "dimensions": {"tone": 0.5, "use": 0.5},
        },
        "score_range": [0, 1],
    },
    "base_model": "amazon.nova-2-lite-v1:0:256k",
    "hyperparameters": {
        "epochCount": 2,
        "batchSize": 16,
        "learningRate": 0.00001,
        "maxPromptLength": 4096,
        "trainingSamplePerPrompt": 4,
        "inferenceMaxTokens": 512,
        "reasoningEffort": "low",
        "evalInterval": 10,
    },
    "smoke_test": {"sample_size": 20, "minimum_score": 0.4, "thresholds": {}},
    "mode": "train",
    "max_training_hours": 12.5,
    "calibration": {"enabled": True, "rows": 20, "samples_per_row": 2, "accept": False},
    "evaluation": {"enabled": True, "rows": 50, "samples_per_row": 2, "minimum_gain": 0.01, "max_hours": 2},
    "max_queue_hours": 48,
    "max_not_started_hours": 72,
    "pilot": {"rows": 150},
    "breaker": {
        "error_share": {"action": "warn", "limit": 0.2, "steps": 4},
        "judge_calls": {"action": "stop", "limit": 5000},
    },
    "promotion": {"deployment": "full-model", "when": "always"},
    "notify": {"on": ["FAILED"], "webhook": "https://hooks.example.com/rft?team=a", "webhook_format": "slack"},
    "require_approval": True,
    "max_cost_usd": 250.5,
    "max_judge_calls": 10000,
    "tags": {"team": "search", "note": "a=b"},
}
