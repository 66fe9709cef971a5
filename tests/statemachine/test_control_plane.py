"""What a run takes besides training: the formulas follow the state machine, the template and the price table."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from rft.forecast.prices import LIST_PRICES
from tests.kit.cost_model import (
    AFTER,
    BEFORE,
    LOOP,
    SERVICE_PRICES,
    Polling,
    control_plane_usd,
    counts,
    measured_steps,
)
from tests.kit.project import FUNCTIONS, MACHINE, ROOT, TEMPLATE
from tests.statemachine.machine import targets, waits

HOURS = (1, 24, 72, 240)
COST = "".join((ROOT / "docs" / name).read_text() for name in ("cost.md", "appendix/memory-sizes.md"))


def dollars(hours: float) -> float:
    amounts = counts(Polling().polls(hours))
    return sum(control_plane_usd(amounts, measured_steps(amounts)).values())


def test_polling_matches_the_template_and_the_state_machine() -> None:
    assert Polling().initial == TEMPLATE["Parameters"]["PollInitialSeconds"]["Default"]
    assert Polling().most == TEMPLATE["Parameters"]["PollMaxSeconds"]["Default"]
    assert list(Polling().waits(100)) == list(waits(100))


def test_the_counted_states_are_a_path_through_the_machine() -> None:
    way = [*BEFORE, *LOOP, *LOOP, *AFTER]
    assert way[0] == MACHINE["StartAt"]
    for state, after in pairwise(way):
        assert after in set(targets(state))


def test_memory_matches_the_template() -> None:
    for step in measured_steps(counts(1)):
        assert step.megabytes == FUNCTIONS[step.name]["MemorySize"], step.name


def test_72_hours_take_at_most_15_cents_and_240_hours_45() -> None:
    assert dollars(72) <= 0.15
    assert dollars(240) <= 0.45


def test_the_most_expensive_parameters_stay_within_the_bounds() -> None:
    parameters = TEMPLATE["Parameters"]
    polling = Polling(parameters["PollInitialSeconds"]["MinValue"], parameters["PollMaxSeconds"]["MinValue"])
    for hours, bound in ((72, 0.15), (240, 0.45)):
        amounts = counts(polling.polls(hours))
        assert sum(control_plane_usd(amounts, measured_steps(amounts)).values()) <= bound


def test_prices_have_one_date_and_an_unknown_price_is_never_zero() -> None:
    assert SERVICE_PRICES.as_of == LIST_PRICES.as_of
    unknown = LIST_PRICES.model_copy(update={"lambda_gb_second": None})
    with pytest.raises(ValueError, match="Lambda"):
        control_plane_usd(counts(1), (), prices=unknown)


@pytest.mark.parametrize("hours", HOURS)
def test_the_docs_table_matches_the_formulas(hours: int) -> None:
    amounts = counts(Polling().polls(hours))
    row = next(line for line in COST.splitlines() if line.startswith(f"| {hours} h "))
    cells = [cell.strip() for cell in row.strip("|").split("|")][1:]
    expected = [amounts.polls, amounts.transitions, amounts.events, amounts.invocations]
    assert [int(cell.replace(",", "")) for cell in cells[:4]] == expected
    assert float(cells[4]) == pytest.approx(dollars(hours), abs=0.00005)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_docs_explain_each_functions_memory_as_the_template_has_it(name: str) -> None:
    rows = [line for line in COST.splitlines() if re.match(rf"\| {name}(,.*)? \|", line)]
    assert rows
    assert {row.split("|")[2].strip() for row in rows} == {f"{FUNCTIONS[name]['MemorySize']:,}"}


def test_the_docs_name_the_date_of_the_prices() -> None:
    assert re.search(rf"\b{SERVICE_PRICES.as_of}\b", COST)
