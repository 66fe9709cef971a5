"""`rft grader test`: the project's graders, files, a Lambda, and the examples of docs/graders.md."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.kit.project import ROOT
from tests.kit.rft_command import Rft

EXAMPLES = {
    "pandalm": ROOT / "examples/pandalm/comparisons.json",
    "gsm8k": ROOT / "examples/gsm8k/questions.jsonl",
    "finqa": ROOT / "examples/finqa/questions.jsonl",
}
DOCS = (ROOT / "docs/graders.md").read_text(encoding="utf-8")


@pytest.fixture
def sums(tmp_path: Path) -> Path:
    """Rows whose reference is the right answer, with wrong answers of their own."""
    rows = [
        {
            "messages": [{"role": "user", "content": f"How much is {n} and {n}?"}],
            "reference_answer": f"It is {2 * n}",
            "probes": {"right": [f"It is {2 * n}"], "wrong": [f"It is {2 * n + 1}"]},
        }
        for n in range(30)
    ]
    path = tmp_path / "sums.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def blocks(report: Any) -> list[str]:
    return [finding["code"] for finding in report["findings"] if finding["severity"] == "block"]


def of(report: Any, kind: str) -> Any:
    return next(figures for figures in report["kinds"] if figures["kind"] == kind)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_projects_own_graders_tell_right_answers_from_all_others(rft: Rft, name: str) -> None:
    result = rft("grader", "test", name, "--dataset", EXAMPLES[name], "--limit", "5", "--output", "json")

    report = result.json
    assert (result.status, report["findings"], report["rows"], report["task"]) == (0, [], 5, name)
    assert of(report, "right")["lowest"] > max(of(report, kind)["highest"] for kind in ("wrong", "injection"))
    assert sum(tenth["right"] for tenth in report["histogram"]) > 0
    assert ("not a language model" in report["grader"]) == (name == "pandalm")


def test_text_output_has_a_table_and_a_histogram(rft: Rft) -> None:
    result = rft("grader", "test", "gsm8k", "--dataset", EXAMPLES["gsm8k"], "--limit", "3")

    assert result.status == 0
    lines = result.out.splitlines()
    assert lines[0] == "grade_gsm8k, in this process"
    assert any(re.match(r"master key +15 +0.00", line) for line in lines)
    assert any(re.match(r"0.9–1.0 +█+ \d+ · 0 · 0", line) for line in lines)
    assert "_aws" not in result.out


def documented(name: str) -> str:
    found = re.search(rf"<!-- tested: {name} -->\n```python\n(.*?)```", DOCS, re.DOTALL)
    assert found, f"docs/graders.md has no example called {name}"
    return found[1]


@pytest.mark.parametrize("name", ["own grader", "grader with the package"])
def test_the_graders_in_the_docs_are_complete_and_sound(rft: Rft, tmp_path: Path, sums: Path, name: str) -> None:
    code = documented(name)
    assert len([line for line in code.splitlines() if line.strip()]) <= 36
    (tmp_path / "mine.py").write_text(code)

    result = rft("grader", "test", tmp_path / "mine.py", "--dataset", sums, "--task", "rft", "--output", "json")

    assert (result.status, blocks(result.json)) == (0, [])
    assert (of(result.json, "right")["mean"], of(result.json, "wrong")["highest"]) == (1, 0)


SHIPPED = {
    **EXAMPLES,
    "rft": ROOT / "examples/rft/math.jsonl",
}


@pytest.mark.parametrize("name", ["own grader", "grader with the package"])
@pytest.mark.parametrize("task", SHIPPED)
def test_the_graders_in_the_docs_score_rows_of_every_shipped_example(
    rft: Rft, tmp_path: Path, task: str, name: str
) -> None:
    (tmp_path / "mine.py").write_text(documented(name))
    options = ("--task", task, "--limit", "8", "--output", "json")
    result = rft("grader", "test", tmp_path / "mine.py", "--dataset", SHIPPED[task], *options)
    assert (result.status, blocks(result.json), result.json["bad_records"]) == (0, [], 0)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("def handler(event, context):\n    import sys; sys.exit(3)", "it called sys.exit(3)"),
        ("def grade(sample):\n    import sys; sys.exit(3)", "SystemExit: 3"),
        ("def grade(sample):\n    return sample.fields['x']", "KeyError: 'x'"),
        ("def handler(event, context):\n    return [{'aggregate_reward_score': 0.0} for _ in event]", "without an id"),
    ],
)
def test_the_reason_of_an_error_is_shown_once_with_a_count_and_an_example(
    rft: Rft, tmp_path: Path, sums: Path, code: str, reason: str
) -> None:
    (tmp_path / "mine.py").write_text(code)
    result = rft("grader", "test", tmp_path / "mine.py", "--dataset", sums, "--task", "rft", "--output", "json")
    errors = [finding for finding in result.json["findings"] if finding["code"] in ("contract", "liveness")]
    assert len(errors) == 1
    assert reason in errors[0]["message"]
    assert re.fullmatch(r"rft-\d+", errors[0]["task_id"])


def test_an_unsupported_payload_shape_or_signature_is_named(rft: Rft, tmp_path: Path, sums: Path) -> None:
    shape = "def handler(event, context):\n    return [{'id': s['id'], 'aggregate_reward_score': "
    (tmp_path / "one.py").write_text(
        shape + "float(s['messages'][-1]['content'] == s['reference_answer'])} for s in event]"
    )
    result = rft("grader", "test", tmp_path / "one.py", "--dataset", sums, "--task", "rft", "--output", "json")
    found = " ".join(each["message"] for each in result.json["findings"])
    assert "KeyError: 'reference_answer' (payload shape: metadata)" in found
    (tmp_path / "two.py").write_text("def grade(sample, item):\n    return 1.0")
    refused = rft("grader", "test", tmp_path / "two.py", "--dataset", sums, "--task", "rft")
    assert "grade takes 2 arguments" in refused.err


def test_a_grader_file_may_import_siblings_and_use_lambda_handler(rft: Rft, tmp_path: Path, sums: Path) -> None:
    code = documented("own grader").replace("def handler", "def lambda_handler")
    body, own = code.split("def words")
    (tmp_path / "mine.py").write_text(
        body.replace("def lambda_handler", "from beside import words\n\ndef lambda_handler")
    )
    (tmp_path / "beside.py").write_text(f"def words{own}")

    result = rft("grader", "test", tmp_path / "mine.py", "--dataset", sums, "--task", "rft", "--output", "json")

    assert (result.status, blocks(result.json)) == (0, [])


@pytest.mark.parametrize(
    ("code", "finding"),
    [
        ("def grade(sample):\n    return 0.5", "the grader is constant at about 0.50"),
        ("def grade(sample):\n    return 1.5", "the grader reported grader_error on 3 of 3 answers"),
        ("def grade(sample):\n    return 1 / 0", "ZeroDivisionError"),
        (
            "def grade(sample):\n    text = str(sample.reference)\n    right = text in sample.answer\n"
            "    return right * (0.5 + min(len(sample.answer), 500) / 1000)",
            "padding raised the score of 10/10 right answers",
        ),
        ("def handler(event, context):\n    return []", "it returned 0 results for"),
        ("def handler(event, context):\n    raise KeyError('x')", "it failed with KeyError"),
        ("def handler(event, context):\n    return float('nan')", "holds NaN"),
        ("def handler(event, context):\n    return {1, 2}", "it failed with TypeError"),
        (
            "def grade(sample):\n    return float(':' in sample.answer or sample.reference == sample.answer)",
            "earned half a right answer's score or more on 100% of 10 rows",
        ),
    ],
)
def test_an_unsafe_grader_is_reported_as_untrusted(
    rft: Rft, tmp_path: Path, sums: Path, code: str, finding: str
) -> None:
    (tmp_path / "mine.py").write_text(code)

    result = rft(
        "grader", "test", tmp_path / "mine.py", "--dataset", sums, "--task", "rft", "--limit", "10", "-o", "json"
    )

    assert result.status == 1
    assert any(finding in found["message"] for found in result.json["findings"])
    assert all(found["fix"] for found in result.json["findings"])


def test_a_grader_that_cannot_be_tested_is_a_one_line_error(rft: Rft, tmp_path: Path, sums: Path) -> None:
    (tmp_path / "empty.py").write_text("")
    (tmp_path / "broken.py").write_text("import nothing_at_all")
    wrong: list[tuple[list[str | Path], str]] = [
        (["nobody", "--task", "rft"], "Grader nobody not found; pass one of code, composite, extract, finqa"),
        (["composite"], "pass --task, one of"),
        ([tmp_path / "missing.py", "--task", "rft"], "no such Python file"),
        ([tmp_path / "empty.py", "--task", "rft"], "neither handler(event, context) nor grade(sample)"),
        ([tmp_path / "broken.py", "--task", "rft"], "No module named 'nothing_at_all'"),
        (["arn:aws:s3:::bucket", "--task", "rft"], "is not the ARN of a Lambda"),
        (["gsm8k"], "contains no record that task gsm8k can read"),
    ]
    for arguments, message in wrong:
        result = rft("grader", "test", *arguments, "--dataset", sums)
        assert result.status == 1
        assert message in result.err
        assert len(result.err.splitlines()) == 1


class _Lambda(BaseHTTPRequestHandler):
    """Answers Invoke: every answer gets 1.0."""

    paths: list[str]

    def do_POST(self) -> None:
        self.paths.append(self.path)
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = json.dumps([{"id": sample["id"], "aggregate_reward_score": 1.0} for sample in event]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing on stderr."""


@pytest.fixture
def invoked(monkeypatch: pytest.MonkeyPatch, credentials: None) -> Iterator[list[str]]:
    paths: list[str] = []
    server = HTTPServer(("127.0.0.1", 0), type("Lambda", (_Lambda,), {"paths": paths}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", f"http://127.0.0.1:{server.server_port}")
    yield paths
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_arn_is_invoked_on_aws(rft: Rft, sums: Path, invoked: list[str]) -> None:
    arn = "arn:aws:lambda:us-east-1:123456789012:function:mine:live"

    result = rft("grader", "test", arn, "--dataset", sums, "--task", "rft", "--limit", "2", "-o", "json")

    assert (result.status, result.json["grader"]) == (1, f"Lambda function {arn}")
    assert {json.dumps(path) for path in invoked} == {
        json.dumps(f"/2015-03-31/functions/{arn.replace(':', '%3A')}/invocations")
    }


def test_a_finding_has_a_code_a_rate_a_row_its_answer_and_what_to_change(rft: Rft, tmp_path: Path, sums: Path) -> None:
    (tmp_path / "mine.py").write_text("def grade(sample):\n    return float(sample.reference in sample.answer)")
    options = ("--dataset", sums, "--task", "rft", "--limit", "10")

    result = rft("grader", "test", tmp_path / "mine.py", *options, "-o", "json")
    shown = rft("grader", "test", tmp_path / "mine.py", *options)

    found = next(each for each in result.json["findings"] if each["code"] == "negation/not")
    assert (found["severity"], found["n"], found["rate"], found["interval"][0] > 0.6) == ("block", 10, 1.0, True)
    assert (found["answer"][:5], found["task_id"][:4]) == ("It is", "rft-")
    assert shown.out.count("Accept exactly one value") == 1
    assert shown.out.count("negation/not") == 1


def test_a_hanging_grader_is_stopped_and_the_report_is_complete(rft: Rft, tmp_path: Path, sums: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "import re\nfrom rft.rewards.samples import read_sample\n"
        "def score(s):\n    re.search('^(a+)+$', s.answer)\n    return float(s.answer == s.reference)\n"
        "def handler(event, context):\n    read = [read_sample(s) for s in event]\n"
        "    return [{'id': s.id, 'aggregate_reward_score': score(s)} for s in read]"
    )
    options = ("--dataset", sums, "--task", "rft", "--limit", "5", "--batch-seconds", "2", "-o", "json")

    result = rft("grader", "test", tmp_path / "mine.py", *options)

    assert "slowness/letters" in [each["code"] for each in result.json["findings"]]
    assert result.json["answers"] > 50


def test_a_score_that_depends_on_the_time_of_day_is_found(rft: Rft, tmp_path: Path, sums: Path) -> None:
    today = datetime.now(UTC).weekday()
    (tmp_path / "mine.py").write_text(
        "from datetime import UTC, datetime\ndef grade(sample):\n"
        f"    early = (datetime.now(UTC).weekday() - {today}) % 7 < 2\n"
        "    return float(early and sample.reference == sample.answer)"
    )

    result = rft("grader", "test", tmp_path / "mine.py", "--dataset", sums, "--task", "rft", "-o", "json")

    assert "time_of_day" in blocks(result.json)


def test_a_failed_simulation_keeps_the_report(rft: Rft, tmp_path: Path, sums: Path) -> None:
    (tmp_path / "mine.py").write_text("def handler(event, context):\n    return []")
    result = rft("grader", "test", tmp_path / "mine.py", "--dataset", sums, "--task", "rft", "--simulate", "-o", "json")
    assert result.status == 1
    assert blocks(result.json) == ["contract"]
    assert "error" in result.json["simulation"]
