"""Applies S3's rules for part checksums to moto's multipart uploads.

Amazon S3 User Guide, "Checking object integrity": if an upload specifies an algorithm, each part has a checksum,
including copied parts, and CompleteMultipartUpload lists them all; otherwise it must list none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from xml.dom import minidom

from moto.s3.exceptions import InvalidPart, S3ClientError
from moto.s3.responses import S3Response
from moto.s3.utils import compute_checksum


def replacements() -> Iterator[tuple[Any, str, Any]]:
    yield S3Response, "_complete_multipart_body", _checked(S3Response._complete_multipart_body)
    yield S3Response, "upload_part_copy", _with_checksum(S3Response.upload_part_copy)


def _checked(original: Callable[..., Any]) -> Callable[..., Any]:
    def complete_multipart_body(self: Any, body: bytes) -> list[tuple[int, str]]:
        upload = _upload(self)
        if upload is not None:
            _check_parts(body, _algorithm(upload))
        return list(original(self, body))

    return complete_multipart_body


def _check_parts(body: bytes, algorithm: str | None) -> None:
    for part in minidom.parseString(body).getElementsByTagName("Part"):  # noqa: S318  our own client's
        names = {node.nodeName for node in part.childNodes}
        if algorithm is None and any(name.startswith("Checksum") for name in names):
            raise InvalidPart
        if algorithm and f"Checksum{algorithm}" not in names:
            number = part.getElementsByTagName("PartNumber")[0].firstChild.nodeValue  # type: ignore[union-attr]
            raise S3ClientError(
                "InvalidRequest",
                f"The upload was created using a {algorithm.lower()} checksum. The complete request must include the "
                f"checksum for each part. It was missing for part {number} in the request.",
            )


def _with_checksum(original: Callable[..., Any]) -> Callable[..., Any]:
    def upload_part_copy(self: Any) -> Any:
        status, headers, body = original(self)
        upload = _upload(self)
        algorithm = _algorithm(upload) if upload is not None else None
        if status != 200 or algorithm is None:
            return status, headers, body
        part = upload.parts[self._get_int_param("partNumber")]
        checksum = compute_checksum(part.value, algorithm).decode()
        text = body.decode() if isinstance(body, bytes) else body
        answer = text.replace(
            "</CopyPartResult>", f"<Checksum{algorithm}>{checksum}</Checksum{algorithm}></CopyPartResult>"
        )
        return status, {**headers, "content-length": str(len(answer.encode()))}, answer

    return upload_part_copy


def _upload(response: Any) -> Any:
    return response.backend.get_bucket(response.bucket_name).multiparts.get(response._get_param("uploadId"))


def _algorithm(upload: Any) -> str | None:
    found: str | None = upload.metadata.get("x-amz-checksum-algorithm")
    return found
