"""Reward functions of published packages score equally, wrapped and plain, on 1,000 answers.

Run with RFT_REWARD_PACKAGES, folders that hold (pip install --no-deps --target): verl 0.9.1 (Apache-2.0), trl 1.16.0
(Apache-2.0), eval-protocol 0.3.33 (MIT), math-verify 0.9.0 (Apache-2.0), latex2sympy2-extended 1.11.0 (MIT); and what
they import: sympy, mcp, json-repair, openai. The metrics of OpenAI's text_similarity need rapidfuzz 3.14.6 (MIT) and
nltk 3.10.4 (Apache-2.0), and are compared with them and with rouge-score 0.1.2 (Apache-2.0).
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import math
import os
import random
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from rft_cli.graders.wrapping import Kind, wrap
from tests.kit.project import ROOT

FOLDERS = [path for path in os.environ.get("RFT_REWARD_PACKAGES", "").split(os.pathsep) if path]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FOLDERS, reason="RFT_REWARD_PACKAGES names no folders with reward packages"),
    pytest.mark.filterwarnings("ignore"),
]

VERL = "verl.utils.reward_score"
EVAL = "eval_protocol.rewards"
FUNCTIONS = [
    (Kind.VERL, f"{VERL}.gsm8k", "compute_score"),
    (Kind.VERL, f"{VERL}.math_reward", "compute_score"),
    (Kind.VERL, f"{VERL}.math_dapo", "compute_score"),
    (Kind.VERL, f"{VERL}.search_r1_like_qa_em", "compute_score"),
    (Kind.VERL, f"{VERL}.search_r1_like_qa_em", "compute_score_subem"),
    (Kind.TRL, "trl.rewards.accuracy_rewards", "accuracy_reward"),
    (Kind.TRL, "trl.rewards.accuracy_rewards", "reasoning_accuracy_reward"),
    (Kind.TRL, "trl.rewards.format_rewards", "think_format_reward"),
    (Kind.EVAL_PROTOCOL, f"{EVAL}.accuracy", "accuracy_reward"),
    (Kind.EVAL_PROTOCOL, f"{EVAL}.accuracy_length", "cosine_scaled_accuracy_length_reward"),
    (Kind.EVAL_PROTOCOL, f"{EVAL}.format", "format_reward"),
    (Kind.EVAL_PROTOCOL, f"{EVAL}.function_calling", "exact_tool_match_reward"),
    (Kind.EVAL_PROTOCOL, f"{EVAL}.function_calling", "schema_jaccard_reward"),
    (Kind.EVAL_PROTOCOL, f"{EVAL}.function_calling", "composite_function_call_reward"),
    (Kind.EVAL_PROTOCOL, f"{EVAL}.json_schema", "json_schema_reward"),
    (Kind.EVAL_PROTOCOL, f"{EVAL}.language_consistency", "language_consistency_reward"),
    (Kind.EVAL_PROTOCOL, f"{EVAL}.length", "length_reward"),
    (Kind.EVAL_PROTOCOL, f"{EVAL}.length", "cosine_length_reward"),
    (Kind.EVAL_PROTOCOL, f"{EVAL}.list_comparison_math_reward", "list_comparison_math_reward"),
    (Kind.EVAL_PROTOCOL, f"{EVAL}.math", "math_reward"),
    (Kind.EVAL_PROTOCOL, f"{EVAL}.multiple_choice_math_reward", "multiple_choice_math_reward"),
    (Kind.EVAL_PROTOCOL, f"{EVAL}.reasoning_steps", "reasoning_steps_reward"),
    (Kind.EVAL_PROTOCOL, f"{EVAL}.reasoning_steps", "sequence_reward"),
    (Kind.EVAL_PROTOCOL, f"{EVAL}.repetition", "repetition_penalty_reward"),
    (Kind.EVAL_PROTOCOL, f"{EVAL}.repetition", "diversity_reward"),
    (Kind.EVAL_PROTOCOL, f"{EVAL}.tag_count", "tag_count_reward"),
]
"""Kind, module and function."""

SEED = 7


@pytest.fixture(scope="module", autouse=True)
def packages() -> Iterator[None]:
    """Their folders on the path. Packages whose own __init__ loads a framework are entered without it."""
    sys.path[:0] = FOLDERS
    for name in ("verl", "verl.utils", VERL, "eval_protocol", EVAL):
        package = ModuleType(name)
        package.__path__ = [f"{folder}/{name.replace('.', '/')}" for folder in FOLDERS]
        sys.modules[name] = package
    yield
    del sys.path[: len(FOLDERS)]


REFERENCES: dict[str, Callable[[str], dict[str, Any]]] = {
    "compute_score": lambda truth: {"ground_truth": truth},
    "tag_count_reward": lambda truth: {"solution": truth, "required_tags": ["think", "answer"]},
}
"""References of functions that need more than the number, else `solution` alone; of the search functions a target."""


def reference(module: str, name: str, truth: str) -> dict[str, Any]:
    if "search_r1" in module:
        return {"ground_truth": {"target": truth}}
    return REFERENCES[name](truth) if name in REFERENCES else {"solution": truth}


def rows(module: str, name: str) -> list[dict[str, Any]]:
    """1,000 answers to the sample problems: right, wrong, boxed, thought about, tagged, empty, repeated."""
    order = random.Random(SEED)
    lines = (ROOT / "examples/gsm8k/questions.jsonl").read_text("utf-8").splitlines()
    found = []
    for n in range(1000):
        record = json.loads(lines[n % len(lines)])
        solution, _, truth = record["answer"].partition("#### ")
        value = order.choice([truth, truth, str(n), f"{truth}0"])
        answer = order.choice(
            [
                f"{solution}#### {value}",
                f"Step 1: compute.\nStep 2: check.\nThe answer is \\boxed{{{value}}}.",
                f"<think>\n{solution}</think>\nAnswer: {value}",
                f"<think>\n{solution}\n</think>\n<answer>\\boxed{{{value}}}</answer>",
                f'{{"answer": {value.replace(",", "") or 0}}}',
                f"(B) {value}, {value}, {value} and again {value}",
                f"First, {solution} Finally, ${value}$.",
                "",
            ]
        )
        messages = [{"role": "user", "content": record["question"]}, {"role": "assistant", "content": answer}]
        found.append({"id": str(n), "messages": messages, "reference_answer": reference(module, name, truth)})
    return found


def plain(kind: Kind, function: Callable[..., Any], row: dict[str, Any]) -> float | None:
    """As the function's own tool calls it; None where it gives no score."""
    answer, reference = row["messages"][-1]["content"], row["reference_answer"]
    truth = reference.get("ground_truth", reference.get("solution"))
    tags = {"required_tags": reference["required_tags"]} if "required_tags" in reference else {}
    if kind is Kind.VERL:
        result = function(answer, truth)
    elif kind is Kind.TRL:
        result = function(prompts=[row["messages"][:-1]], completions=[row["messages"][-1:]], solution=[truth])[0]
    else:
        result = function(messages=row["messages"], ground_truth=truth, **tags)
    value = result["score"] if isinstance(result, dict) else getattr(result, "score", result)
    return None if value is None or not math.isfinite(value) else float(value)


def loaded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The folder's handler."""
    monkeypatch.syspath_prepend(str(folder))
    spec = importlib.util.spec_from_file_location("wrapped_app_under_test", folder / "app.py")
    assert spec is not None
    assert spec.loader is not None
    app = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(app)
    return app


@pytest.mark.parametrize(("kind", "module", "name"), FUNCTIONS, ids=[f"{m}.{n}" for _, m, n in FUNCTIONS])
def test_wrapped_and_plain_score_equally(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Kind, module: str, name: str
) -> None:
    source = tmp_path / f"reward_{abs(hash((module, name)))}.py"
    source.write_text(f"from {module} import {name}\nreward = {name}\n")
    folder = wrap(f"{source}:reward", kind, tmp_path / "out")
    app = loaded(folder, monkeypatch)
    function = importlib.import_module(source.stem).reward

    batch = rows(module, name)
    differing, scored = [], set()
    for row, result in zip(batch, app.handler(batch, None), strict=True):
        try:
            expected = plain(kind, function, row)
        except Exception:  # noqa: BLE001  the wrapper must then say so
            expected = None
        errored = bool(result["metrics_list"][1]["value"])
        given = None if errored else result["aggregate_reward_score"]
        scored.add(given)
        if given != expected:
            differing.append((row["id"], expected, given))
    assert differing == []
    assert scored - {None}, "every answer was an error: nothing was compared"


def libraries(metric: str, given: str, reference: str) -> float:
    """What the library itself says of two texts."""
    if metric == "fuzzy_match":
        return float(importlib.import_module("rapidfuzz.fuzz").ratio(given, reference) / 100)
    if metric == "gleu":
        ours, theirs = (re.findall(r"[^\W_]+", text.lower()) for text in (given, reference))
        return float(importlib.import_module("nltk").translate.gleu_score.sentence_gleu([theirs], ours)) if ours else 0
    name = metric.replace("_", "").replace("l", "L")
    scorer = importlib.import_module("rouge_score.rouge_scorer").RougeScorer([name])
    return float(scorer.score(reference, given)[name].fmeasure)


@pytest.mark.parametrize("metric", ["fuzzy_match", "gleu", "rouge_1", "rouge_2", "rouge_5", "rouge_l"])
def test_text_similarity_matches_the_libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, metric: str) -> None:
    texts = {"input": "{{sample.output_text}}", "reference": "{{item.text}}"}
    grader = {"type": "text_similarity", "evaluation_metric": metric, **texts}
    (tmp_path / "grader.json").write_text(json.dumps(grader))
    folder = wrap(f"{tmp_path / 'grader.json'}", Kind.OPENAI, tmp_path / "out")
    monkeypatch.delitem(sys.modules, "openai_graders", raising=False)  # it has read another folder's grader
    app = loaded(folder, monkeypatch)
    batch = [{**row, "text": " ".join(turn["content"] for turn in row["messages"])} for row in rows("text", "s")]
    given = [result["aggregate_reward_score"] for result in app.handler(batch, None)]
    expected = [libraries(metric, row["messages"][-1]["content"], row["text"]) for row in batch]
    assert given == pytest.approx(expected, abs=1e-12)
    assert len(set(given)) > 100
