"""Prepares a dataset as notebooks do: the whole file in memory, one loop, one write."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import tiktoken

from rft.tasks.pandalm import SYSTEM

LABELS = {1: "Response 1", 2: "Response 2", 0: "Tie"}


def prepare(source: Path, folder: Path) -> list[int]:
    """Write train.jsonl, validation.jsonl and test.jsonl; return each prompt's length in tokens."""
    encoding = tiktoken.get_encoding("cl100k_base")
    with source.open() as file:
        records = json.load(file)
    rows, lengths = [], []
    for number, record in enumerate(records, 1):
        row = make_row(number, record)
        lengths.append(len(encoding.encode("\n".join(message["content"] for message in row["messages"]))))
        rows.append(row)
    random.Random(42).shuffle(rows)  # noqa: S311 - as notebooks do
    train, validation = int(len(rows) * 0.8), int(len(rows) * 0.1)
    write(folder / "train.jsonl", rows[:train])
    write(folder / "validation.jsonl", rows[train : train + validation])
    write(folder / "test.jsonl", rows[train + validation :])
    return lengths


def make_row(number: int, record: dict[str, Any]) -> dict[str, Any]:
    for key in ("instruction", "response1", "response2", "annotator1", "annotator2", "annotator3"):
        if record.get(key) is None:
            raise ValueError(f"record {number} has no {key}")
    vote, count = Counter([record["annotator1"], record["annotator2"], record["annotator3"]]).most_common(1)[0]
    label = LABELS[vote if count > 1 else 0]
    question = f"{record['instruction']}\n\n{record['input']}" if record["input"] else record["instruction"]
    user = (
        f"<task>\n{question}\n</task>\n\n<response_1>\n{record['response1']}\n</response_1>\n\n"
        f"<response_2>\n{record['response2']}\n</response_2>\n\n"
        "Which response serves the person who set the task better? Answer with the two lines, JUDGMENT and REASONING."
    )
    return {
        "messages": [{"role": "system", "content": SYSTEM}, {"role": "user", "content": user}],
        "reference_answer": {"label": label, "question": question, "ground_truth": f"JUDGMENT: {label}"},
        "task_id": f"pandalm-{number:06d}",
        "domain": "llm-evaluation",
        "data_source": "pandalm",
        "response1": record["response1"],
        "response2": record["response2"],
        "votes": [record["annotator1"], record["annotator2"], record["annotator3"]],
        "run_id": "plain",
    }


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n")
