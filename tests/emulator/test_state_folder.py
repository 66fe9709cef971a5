"""A state folder is consistent or rejected, and accessible only to its owner."""

from __future__ import annotations

import shutil
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.state.store import DATABASE, Record, StateUnusable, Store


@given(position=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_flipped_bit_is_detected_or_has_no_effect(tmp_path: Path, position: float, bit: int) -> None:
    folder, written = tmp_path / "flipped", tmp_path / "whole.sqlite"
    records = [Record("kind", f"{n:03}", {"n": n, "text": "x" * n}, bytes([n]) * 50 * n) for n in range(100)]
    if not written.exists():
        whole = Store(tmp_path / "whole")
        whole.put(*records)
        whole.close()
        written.write_bytes((tmp_path / "whole" / DATABASE).read_bytes())
    content = bytearray(written.read_bytes())
    content[int(position * len(content))] ^= 1 << bit
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / DATABASE).write_bytes(content)

    try:
        store = Store(folder)
    except StateUnusable:
        return
    found = [(key, value, store.body("kind", key)) for key, value in store.all("kind")]
    store.close()
    assert found == [(each.key, each.value, each.body) for each in records]


def test_state_files_are_private_even_in_a_readable_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    store = Store(tmp_path)
    store.put(Record("credentials", "", ["key", "secret"]))

    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir() if path.name != "lock"}

    assert tmp_path.stat().st_mode & 0o777 == 0o700
    assert modes == dict.fromkeys(modes, 0o600)
    assert f"{DATABASE}-wal" in modes
    store.close()
