from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.smoke_test.probes import Probe, canned
from rft.smoke_test.replies import NotJson, decode_payload, score
from tests.kit.sampled_rows import sampled

BATCH: list[Probe] = canned(sampled(0), seed=1)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
)


def good() -> list[dict[str, Any]]:
    return [{"id": p.id, "aggregate_reward_score": 0.5} for p in BATCH]


def test_a_good_reply_gives_each_probe_its_score() -> None:
    assert [(s.probe.id, s.score, s.error) for s in score(BATCH, good(), None)] == [(p.id, 0.5, None) for p in BATCH]


@given(JSON)
def test_an_invalid_reply_is_never_a_score(payload: Any) -> None:
    assert all(s.score is None and s.error for s in score(BATCH, payload, None))


@given(JSON)
def test_a_score_is_a_number_from_0_to_1_or_an_error(junk: Any) -> None:
    first = score(BATCH, [{"id": BATCH[0].id, "aggregate_reward_score": junk}, *good()[1:]], None)[0]

    valid = type(junk) in (int, float) and 0 <= junk <= 1
    assert (first.score == junk) if valid else (first.score is None and first.error is not None)


def test_one_invalid_result_affects_no_other_score() -> None:
    payload = good()
    payload[1]["aggregate_reward_score"] = float("nan")

    assert [s.score for s in score(BATCH, payload, None)] == [0.5, None, 0.5]


def test_a_duplicate_id_violates_the_contract() -> None:
    scored = score(BATCH, [good()[0], good()[0], good()[2]], None)

    assert {s.error for s in scored} == {f"it returned the id {BATCH[0].id!r} where {BATCH[1].id} was sent"}


def test_a_failed_invocation_is_every_probes_error() -> None:
    assert {s.error for s in score(BATCH, None, "it failed with KeyError")} == {"it failed with KeyError"}


def test_reasons_quote_little_of_a_reply_and_stay_on_one_line() -> None:
    (reason,) = {s.error for s in score(BATCH, "x\n" * 10_000, None)}

    assert reason is not None
    assert len(reason) < 150
    assert "\n" not in reason


@pytest.mark.parametrize("body", [b"[NaN]", b'{"a": Infinity}', b"[-Infinity]", b"", b"{", b"\xff", b"[" * 100_000])
def test_text_that_is_not_json_is_refused(body: bytes) -> None:
    with pytest.raises(NotJson):
        decode_payload(body)


@given(st.lists(st.floats(0, 1)))
def test_json_is_read_unchanged(values: list[float]) -> None:
    assert decode_payload(json.dumps(values).encode()) == values
