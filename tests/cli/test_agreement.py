"""`rft agreement`: verdicts in two files, figures on stdout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.kit.rft_command import CommandResult, Rft

TRUTH = [1, 2, 0, 1, 2, 2]
PREDICTIONS: list[Any] = ["Response 1", "2", "Tie", 2, None, True]


def measured(rft: Rft, folder: Path, truth: object, predictions: object, *options: str) -> CommandResult:
    for name, value in (("truth", truth), ("predictions", predictions)):
        (folder / f"{name}.json").write_text(value if isinstance(value, str) else json.dumps(value))
    return rft("agreement", "--truth", folder / "truth.json", "--predictions", folder / "predictions.json", *options)


def test_json_output_has_both_sets_of_figures(rft: Rft, tmp_path: Path) -> None:
    result = measured(rft, tmp_path, TRUTH, PREDICTIONS, "--output", "json")

    found: Any = result.json
    assert result.status == 0
    assert (found["n"], found["parsed"], found["unparsable"], found["accuracy"]) == (6, 4, 2, 0.75)
    assert found["unparsable_as_wrong"]["accuracy"] == 0.5
    for figures in (found, found["unparsable_as_wrong"]):
        low, high = figures["kappa_interval"]
        assert low <= figures["kappa"] <= high
        assert {"macro_precision", "macro_recall", "macro_f1", "confusion"} <= figures.keys()
    assert found["unparsable_as_wrong"]["confusion"]["Response 2"]["unparsable"] == 2


def test_text_output_has_a_table_and_a_confusion_matrix(rft: Rft, tmp_path: Path) -> None:
    result = measured(rft, tmp_path, TRUTH, PREDICTIONS)

    assert result.status == 0
    lines = [" ".join(line.split()) for line in result.out.splitlines()]
    assert "rows 4 of 6 6" in lines
    assert "accuracy 0.750 0.500" in lines
    assert "Response 2 0 1 0 2" in lines


def test_empty_files_give_no_figures(rft: Rft, tmp_path: Path) -> None:
    found: Any = measured(rft, tmp_path, [1, 2], ["?", ""], "--output", "json").json

    assert (found["parsed"], found["unparsable"], found["kappa"], found["kappa_interval"]) == (0, 2, None, None)
    assert "rows" in measured(rft, tmp_path, [], []).out


@pytest.mark.parametrize(
    ("truth", "predictions", "message"),
    [
        ([1, 2], [1], "has 2 verdicts and"),
        ({"verdicts": [1]}, [1], "truth.json must contain a JSON array"),
        ([1], "not json", "predictions.json is not JSON"),
    ],
)
def test_files_of_different_rows_are_refused_in_one_line(
    rft: Rft, tmp_path: Path, truth: object, predictions: object, message: str
) -> None:
    result = measured(rft, tmp_path, truth, predictions)

    assert (result.status, result.out) == (1, "")
    assert message in result.err
    assert len(result.err.splitlines()) == 1


def test_a_missing_file_is_named(rft: Rft, tmp_path: Path) -> None:
    result = rft("agreement", "--truth", tmp_path / "no.json", "--predictions", tmp_path / "no.json")

    assert result.status == 1
    assert result.err == f"rft: {tmp_path / 'no.json'}: No such file or directory\n"


def test_hand_scores_of_any_task_are_compared_by_row_id(rft: Rft, tmp_path: Path) -> None:
    (tmp_path / "hand.csv").write_text("id,score\n" + "".join(f"r{n},{n % 5}\n" for n in range(40)))
    graded = [{"task_id": f"r{n}", "score": (n % 5) / 4} for n in range(2, 42)]
    (tmp_path / "graded.jsonl").write_text("\n".join(map(json.dumps, graded)))
    files = ("--truth", tmp_path / "hand.csv", "--predictions", tmp_path / "graded.jsonl")

    found: Any = rft("agreement", *files, "--output", "json").json
    assert (found["n"], found["only_truth"], found["only_grader"], found["spearman"]) == (38, 2, 2, 1.0)
    assert [each["kappa"] for each in found["thresholds"]] == [1.0, 1.0, 1.0]
    assert found["spearman_interval"][0] > 0.9

    shown = rft("agreement", *files)
    assert "38 in both, 2 by hand only, 2 by the grader only" in shown.out


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("id,score\na,high\n", "line 2: score is 'high', which is no number"),
        ("id,score\na,1\na,2\n", "line 3: the row a occurs twice"),
        ("name,score\na,1\n", "line 2: has no row id"),
        ("id,score\nb,1\n", "have no row id in common"),
        ("id,score\n", "holds no scores"),
        ("id,score\n\n\na,\x1b[2J\n", r"line 4: score is '\x1b[2J', which is no number"),
        (f"id,score\n{'x' * 200_000},1\n", "line 2: is not CSV: field larger than"),
        ("id,score\na,1\n".encode("utf-16"), "is not UTF-8 text: invalid start byte at byte 0"),
    ],
)
def test_scores_that_cannot_be_read_name_the_line(rft: Rft, tmp_path: Path, text: str | bytes, reason: str) -> None:
    (tmp_path / "hand.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    (tmp_path / "graded.csv").write_text("id,score\na,1\n")
    result = rft("agreement", "--truth", tmp_path / "hand.csv", "--predictions", tmp_path / "graded.csv")
    assert result.status != 0
    assert reason in result.err


def test_row_ids_may_hold_line_ends_of_any_kind(rft: Rft, tmp_path: Path) -> None:
    names = ["a\nb", "c\u2028d", "e\x1cf"]
    rows = "".join(f'"{name}",{at}\r\n' for at, name in enumerate(names))
    (tmp_path / "hand.csv").write_bytes(f"id,score\r\n{rows}".encode())
    lines = (json.dumps({"id": name, "score": at}, ensure_ascii=False) for at, name in enumerate(names))
    (tmp_path / "graded.jsonl").write_bytes("\n".join(lines).encode())
    files = ("--truth", tmp_path / "hand.csv", "--predictions", tmp_path / "graded.jsonl")
    assert rft("agreement", *files, "--output", "json").json["n"] == 3


def test_a_score_of_any_size_is_a_number_or_none(rft: Rft, tmp_path: Path) -> None:
    (tmp_path / "hand.jsonl").write_text('{"id": "a", "score": 1' + "0" * 400 + "}")
    result = rft("agreement", "--truth", tmp_path / "hand.jsonl", "--predictions", tmp_path / "hand.jsonl")
    assert (result.status, "line 1: score is 1000" in result.err) == (1, True)
