from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.adapters.joining import LEAST_PART_BYTES, MOST_COPY_BYTES, parts
from rft.adapters.object_store import S3ObjectStore
from rft.errors import DatasetNotFound

MIB = 2**20
SIZES = st.lists(st.integers(0, 3 * LEAST_PART_BYTES) | st.just(MOST_COPY_BYTES + 1), max_size=12)


@given(SIZES)
def test_parts_hold_every_byte_once_in_order(sizes: list[int]) -> None:
    at = dict.fromkeys(range(len(sizes)), 0)
    before = 0
    for part in parts(sizes):
        for stretch in part:
            assert stretch.piece >= before
            assert stretch.start == at[stretch.piece] < stretch.end
            before, at[stretch.piece] = stretch.piece, stretch.end
    assert list(at.values()) == sizes


@given(SIZES)
def test_no_part_but_the_last_is_too_small_and_none_that_is_carried_is_large(sizes: list[int]) -> None:
    found = list(parts(sizes))
    for part in found[:-1]:
        assert sum(map(len, part)) >= LEAST_PART_BYTES
    for part in found:
        assert len(part) == 1 or sum(map(len, part)) <= LEAST_PART_BYTES
        assert all(len(stretch) <= MOST_COPY_BYTES for stretch in part)


@pytest.mark.parametrize(
    "sizes", [[], [0], [10, 0, 20], [6 * MIB, 7 * MIB, 100], [3 * MIB, 9 * MIB, 2 * MIB, 1, 8 * MIB], [100, 6 * MIB]]
)
def test_joined_objects_are_their_pieces_end_to_end(store: S3ObjectStore, sizes: list[int]) -> None:
    bodies = [bytes([65 + at]) * size for at, size in enumerate(sizes)]
    pieces = [store.uri(f"shards/a/{at}") for at in range(len(sizes))]
    for uri, body in zip(pieces, bodies, strict=True):
        store.put_bytes(uri, body)
    store.join(store.uri("joined"), pieces)
    assert store.get_bytes(store.uri("joined")) == b"".join(bodies)


def test_a_piece_that_is_missing_leaves_nothing(store: S3ObjectStore) -> None:
    store.put_bytes(store.uri("one"), b"x" * 6 * MIB)
    with pytest.raises(DatasetNotFound):
        store.join(store.uri("joined"), [store.uri("one"), store.uri("none")])
    with pytest.raises(DatasetNotFound):
        store.get_bytes(store.uri("joined"))
