"""Copies the prepared rows of an earlier run for another run. Takes ports."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from rft.contracts.dataset import Manifest, Recommendation, SplitFile, SplitName, split_uri
from rft.contracts.run_request import RunRequest
from rft.datasets.manifest import dataset_digest
from rft.datasets.recommend import recommend
from rft.datasets.render import ROW_END_WITHOUT_RUN, row_end
from rft.datasets.results import dataset_folder
from rft.datasets.write import BATCH_ROWS
from rft.errors import DatasetInvalid
from rft.ports.storage import ObjectStore
from rft.tasks import task as task_named


def adopt_dataset(run_id: str, request: RunRequest, manifest_uri: str, store: ObjectStore) -> Manifest:
    """Copies an earlier run's files with this run's id in each row, and returns the manifest to write.

    Raises DatasetInvalid if the copied rows do not match the earlier manifest, DatasetNotFound, Retryable….
    """
    earlier = Manifest.model_validate_json(store.get_bytes(manifest_uri))
    copies = {name: _copied(run_id, name, file, earlier.run_id, store) for name, file in earlier.files.items()}
    if dataset_digest({name: identity for name, (_, identity) in copies.items()}) != earlier.digest:
        raise DatasetInvalid(f"the rows of {earlier.run_id} are no longer those of its manifest", [])
    return earlier.model_copy(
        update={
            "run_id": run_id,
            "files": {name: file for name, (file, _) in copies.items()},
            "hyperparameters": _recommended(earlier, request),
        }
    )


def _copied(
    run_id: str, name: SplitName, file: SplitFile, earlier_id: str, store: ObjectStore
) -> tuple[SplitFile, str]:
    """Copies one split; returns its manifest entry and the identity of its rows."""
    uri = split_uri(dataset_folder(run_id, store), name, file.rows)
    rows = _ReaddressedRows(store.lines(file.uri), row_end(earlier_id, name), row_end(run_id, name))
    store.put_stream(uri, rows.chunks())
    entry = file.model_copy(update={"uri": uri, "bytes": rows.bytes, "digest": rows.digest})
    return entry, rows.identity


class _ReaddressedRows:
    """Lines of one run's file rewritten for another run. The figures are known after `chunks` has been read."""

    def __init__(self, lines: Iterator[bytes], before: bytes, after: bytes) -> None:
        self._lines, self._before, self._after = lines, before.removesuffix(b"\n"), after
        self._digest, self._identity = hashlib.sha256(), hashlib.sha256()
        self.bytes = 0

    def chunks(self) -> Iterator[bytes]:
        while batch := list(islice(self._lines, BATCH_ROWS)):
            bodies = [*(line.removesuffix(self._before) for line in batch), b""]
            chunk = self._after.join(bodies)
            self._digest.update(chunk)
            self._identity.update(ROW_END_WITHOUT_RUN.join(bodies))
            self.bytes += len(chunk)
            yield chunk

    @property
    def digest(self) -> str:
        return f"sha256:{self._digest.hexdigest()}"

    @property
    def identity(self) -> str:
        return f"sha256:{self._identity.hexdigest()}"


def _recommended(earlier: Manifest, request: RunRequest) -> dict[str, Recommendation]:
    """Recommendations as for the original dataset; the number of prompts over a new limit is unknown."""
    tokens = earlier.tokens
    found = recommend(
        prompt_tokens=Counter([tokens.max]),
        p99=tokens.p99,
        train_rows=earlier.files["train"].rows,
        preset=task_named(earlier.task).preset,
        request=request.hyperparameters,
    )
    limit = found["maxPromptLength"]
    if limit.value == earlier.hyperparameters["maxPromptLength"].value:
        return {**found, "maxPromptLength": earlier.hyperparameters["maxPromptLength"]}
    if int(limit.value) < tokens.max:
        reason = f"as requested; WARNING: prompts of up to {tokens.max} tokens (estimate) would be dropped silently"
        return {**found, "maxPromptLength": limit.model_copy(update={"reason": reason})}
    return found
