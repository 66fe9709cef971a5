"""docs/deploy.md lists every parameter of the template; docs/datasets.md every check of the rows and every task."""

from __future__ import annotations

import re

import pytest

from rft.datasets.render import RESERVED_KEYS
from rft.tasks import TASKS
from tests.kit.deploy_docs import parameter_table, with_table
from tests.kit.project import ROOT

DEPLOY = (ROOT / "docs" / "deploy.md").read_text()
DATASETS = (ROOT / "docs" / "datasets.md").read_text()


def test_every_parameter_is_documented_as_in_the_template() -> None:
    assert with_table(DEPLOY) == DEPLOY, "run `python -m tests.kit.deploy_docs`"
    assert len(parameter_table()) > 30


@pytest.mark.parametrize("task", sorted(TASKS))
def test_every_task_has_a_section_on_its_records(task: str) -> None:
    assert f"\n### {task}\n" in DATASETS


def test_every_check_of_the_rows_is_listed() -> None:
    source = (ROOT / "layers" / "rft" / "rft" / "datasets" / "checks.py").read_text()
    names = set(re.findall(r'(?:name=|_share_of\()"([a-z_]+)"', source))
    assert len(names) >= 9
    assert [name for name in names if f"| `{name}` |" not in DATASETS] == []


def test_every_reserved_key_is_listed() -> None:
    assert [key for key in RESERVED_KEYS if f"`{key}`" not in DATASETS] == []
