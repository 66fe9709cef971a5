"""docs/api.md: no route, field or status that is not so, and none that is left out."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from rft.contracts.base import Contract
from rft.contracts.http.api import RunAccepted, RunEvents, RunList, RunView
from rft.contracts.http.problem import PROBLEMS, Problem
from rft.contracts.ledger import Approval, RunStatus, UploadRejection
from rft.contracts.run_request import DatasetRequest, RunRequest
from tests.kit.project import RESOURCES, ROOT

TEXT = (ROOT / "docs" / "api.md").read_text()
EXAMPLES: list[Any] = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)]
LEFT_OUT = "…"


def examples(*fields: str) -> list[dict[str, Any]]:
    return [example for example in EXAMPLES if all(field in example for field in fields)]


def test_every_route_is_documented() -> None:
    events = [event["Properties"] for event in RESOURCES["Api"]["Properties"]["Events"].values()]
    events = [event for event in events if event["Method"] != "ANY"]  # what is left is refused: see Errors
    assert [e for e in events if f"{e['Method']} {e['Path']}" not in TEXT] == []
    headings = re.findall(r"^## ((?:GET|POST|DELETE) \S+)", TEXT, re.MULTILINE)
    assert set(headings) == {f"{e['Method']} {e['Path']}" for e in events if e["Path"] != "/openapi.json"}


def test_the_example_request_has_every_field() -> None:
    (request,) = examples("base_model")
    assert set(request) == set(RunRequest.model_fields)
    assert set(request["dataset"]) == set(DatasetRequest.model_fields)
    defaults = RunRequest.model_validate({"name": request["name"], "dataset": {**request["dataset"]}})
    assert RunRequest.model_validate(request) == defaults


@pytest.mark.parametrize(
    ("fields", "contract"),
    [
        (("run_id", "status", "links"), RunAccepted),
        (("runs", "cursor"), RunList),
        (("run_id", "events"), RunEvents),
        (("type", "title"), Problem),
        (("bucket", "key", "problems"), UploadRejection),
    ],
)
def test_example_responses_match_their_contracts(fields: tuple[str, ...], contract: type[Contract]) -> None:
    found = [example for example in examples(*fields) if "request" not in example]
    assert found
    for example in found:
        contract.model_validate({name: value for name, value in example.items() if name != "do"})


def test_the_example_run_has_all_its_parts() -> None:
    (view,) = examples("run_id", "request")
    assert set(view) == {name for name, field in RunView.model_fields.items() if not field.exclude}
    for name, part in view.items():
        whole = RunView.model_fields[name].annotation
        if isinstance(part, dict) and LEFT_OUT in part and isinstance(whole, type) and issubclass(whole, Contract):
            assert set(part) - {LEFT_OUT} <= set(whole.model_fields), name


def test_every_status_and_problem_is_documented() -> None:
    assert [status for status in RunStatus if status not in TEXT] == []
    documented = dict(re.findall(r"^\| (\d{3}) \| `([a-z-]+)`", TEXT, re.MULTILINE))
    assert documented == {str(status): kind for status, (kind, _) in PROBLEMS.items()}


def test_the_example_approval_matches_its_contract() -> None:
    (shown,) = re.findall(r'"approval": (\{"reasons": [^…]*?"at": "[^"]+"\}\})', TEXT)
    assert Approval.model_validate_json(shown).decision is not None
