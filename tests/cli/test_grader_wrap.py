"""`rft grader wrap`: one function of each tool's convention, unedited, as a Lambda folder."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.kit.rft_command import Rft

SOURCES = {
    "trl": "def reward(completions, solution, **kwargs):\n"
    "    return [float(c[0]['content'] == s) for c, s in zip(completions, solution)]\n",
    "verl": "def compute_score(data_source, solution_str, ground_truth, extra_info=None):\n"
    "    return {'score': float(solution_str == ground_truth), 'source': data_source}\n",
    "openai": "def grade(sample, item):\n    return float(sample['output_text'] == item['answer'])\n",
    "verifiers": "async def right(completion, answer, state) -> float:\n"
    "    return float(completion[-1]['content'] == answer == state['answer'])\n",
    "eval-protocol": "class Result:\n    def __init__(self, score): self.score = score\n"
    "def right(messages, ground_truth, **kwargs):\n    return Result(float(messages[-1]['content'] == ground_truth))\n",
}
ROW = {"id": "a", "data_source": "sums", "reference_answer": {"answer": "2"}}


def turns(answer: Any, role: str = "assistant") -> list[dict[str, Any]]:
    return [{"role": "user", "content": "1 + 1?"}, {"role": role, "content": answer}]


def wrapped(rft: Rft, folder: Path, kind: str, source: str, function: str = "") -> ModuleType:
    path = folder / f"reward_{abs(hash(folder))}.py"  # a module of its own for each test
    path.write_text(source)
    result = rft("grader", "wrap", f"{path}{function}", "--kind", kind, "--out", folder / "out")
    assert result.status == 0, result.err
    assert (folder / "out" / path.name).read_text() == source, "the function's file stays as it is"
    spec = importlib.util.spec_from_file_location(f"wrapped_{kind}", folder / "out" / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("kind", SOURCES)
def test_a_function_of_each_tool_scores_every_payload_shape(
    rft: Rft, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path / "out"))
    function = ":right" if kind == "eval-protocol" else ""
    app = wrapped(rft, tmp_path, kind, SOURCES[kind], function)
    batch = [
        {**ROW, "messages": turns("2")},
        {**ROW, "messages": turns("3")},
        {"id": "b", "messages": turns([{"text": "2"}], "nova_assistant"), "metadata": {"reference_answer": "2"}},
        {**ROW, "reference_answer": json.dumps({"answer": "2"}), "messages": turns("2")},
        {**ROW, "reference_answer": {"text": "2"}, "messages": turns("2")},
    ]

    results = app.handler(batch, None)

    assert [result["aggregate_reward_score"] for result in results] == [1, 0, 1, 1, 1]
    assert [result["id"] for result in results] == ["a", "a", "b", "a", "a"]
    assert not any(result["metrics_list"][1]["value"] for result in results)


def test_a_failed_sample_is_marked_and_affects_no_other(
    rft: Rft, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path / "out"))
    scores = "{'x': None, 'n': float('nan'), 'y': 1}"
    source = f"def compute_score(solution_str, ground_truth):\n    return {scores}[solution_str]\n"
    app = wrapped(rft, tmp_path, "verl", source)
    results = app.handler([*({**ROW, "messages": turns(text)} for text in "xnyz"), "none"], None)
    assert [result["metrics_list"][1]["value"] for result in results] == [1, 1, 0, 1, 1]
    assert [result["aggregate_reward_score"] for result in results] == [0, 0, 1, 0, 0]
    assert results[-1]["id"] == "sample-5"
    assert results[0]["error"] == "ValueError: the function returned None, which is no score"
    assert "error" not in results[2]
    assert "which is no score" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("source", "function", "reason"),
    [
        ("def a(): ...\ndef b(): ...\n", "", "has several functions"),
        ("import os\nfrom os import *\n", "", "defines no function"),
        ("(" * 5000, "", "is not Python"),
        ("-" * 20_000 + "1", "", "is not Python"),
        ("def a(): ...\n", ":b", "defines no function b"),
        ("def (:\n", ":a", "is not Python"),
    ],
)
def test_a_function_that_cannot_be_wrapped_is_a_one_line_error(
    rft: Rft, tmp_path: Path, source: str, function: str, reason: str
) -> None:
    (tmp_path / "mine.py").write_text(source)
    (tmp_path / "folder.py").mkdir()
    result = rft("grader", "wrap", f"{tmp_path / 'mine.py'}{function}", "--kind", "trl", "--out", tmp_path / "out")
    assert result.status == 1
    assert reason in result.err
    assert not (tmp_path / "out").exists()
