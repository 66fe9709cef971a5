"""What a run leaves behind of its rollouts, written by the real grader while the emulated Bedrock trains."""

from __future__ import annotations

from collections import Counter

from rft.training.rollouts import rollouts_prefix, unpack
from tests.kit.stack_harness import StackHarness


def test_training_stores_every_rollout_and_the_smoke_test_none(bench: StackHarness) -> None:
    ended = bench.run("rollouts")
    assert ended.status == "COMPLETED"
    run_id, s3 = ended.view["run_id"], bench.aws.client("s3")
    listed = s3.list_objects_v2(Bucket=bench.aws.bucket, Prefix=rollouts_prefix(run_id))["Contents"]
    bodies = [s3.get_object(Bucket=bench.aws.bucket, Key=item["Key"])["Body"].read() for item in listed]
    rows = [row for body in bodies for row in unpack(body)]

    assert {(row.run_id, row.grader, row.error) for row in rows} == {(run_id, "pandalm", None)}
    assert Counter(row.split for row in rows).keys() == {"train", "validation"}
    assert {row.answer for row in rows} == {None}
    assert all(row.id.startswith("rollout-") for row in rows), "as the emulated Bedrock calls its samples"
    judged = [row for row in rows if row.components["judge_called"]]
    assert judged
    assert all(row.judge and row.judge.calls + row.judge.cache_hits >= 1 for row in judged)
    groups = Counter(row.task_id for row in rows if row.split == "train")
    (job,) = bench.jobs(run_id)
    samples = job.request["customizationConfig"]["rftConfig"]["hyperParameters"]["trainingSamplePerPrompt"]
    assert {count % samples for count in groups.values()} == {0}
