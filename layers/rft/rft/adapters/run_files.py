"""Lists and links a run's files in the data bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rft.adapters.aws_errors import translated
from rft.ports.run_files import RunFile

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class S3RunFiles:
    def __init__(self, client: S3Client, *, bucket: str) -> None:
        self._client, self._bucket = client, bucket

    def after(self, run_id: str, name: str, *, most: int) -> list[RunFile]:
        prefix = f"runs/{run_id}/"
        with translated(about=prefix):
            page = self._client.list_objects_v2(
                Bucket=self._bucket, Prefix=prefix, StartAfter=prefix + name, MaxKeys=most
            )
        return [
            RunFile(item["Key"].removeprefix(prefix), item["Size"], item["ETag"].strip('"'))
            for item in page.get("Contents", [])
        ]

    def link(self, run_id: str, name: str, *, seconds: int) -> str:
        """Signed with the function's credentials, so it expires with them at the latest."""
        where = {"Bucket": self._bucket, "Key": f"runs/{run_id}/{name}"}
        return self._client.generate_presigned_url("get_object", Params=where, ExpiresIn=seconds)
