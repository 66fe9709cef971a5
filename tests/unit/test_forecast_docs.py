"""docs/forecast.md shows the prices that are built in, and every check of the rows."""

from __future__ import annotations

import re

from rft.contracts.prices import PriceTable
from rft.forecast.prices import LIST_PRICES
from tests.kit.project import ROOT

TEXT = (ROOT / "docs" / "forecast.md").read_text()


def test_the_price_table_in_the_docs_matches_the_built_in_one() -> None:
    table = next(body for body in re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL) if "schema_version" in body)
    assert PriceTable.model_validate_json(table) == LIST_PRICES


def test_an_unknown_price_is_empty() -> None:
    assert LIST_PRICES.training_hour is None
    assert LIST_PRICES.rollouts_per_hour is None
