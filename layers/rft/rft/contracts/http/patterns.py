"""Patterns for text fields of requests, and their error messages."""

from __future__ import annotations

from collections.abc import Mapping

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
TAG_KEY = r"^[a-zA-Z0-9 ._:/=+@-]+$"
RESERVED_TAG_KEY = r"^[aA][wW][sS]:"
"""AWS reserves this prefix of tag keys (Tagging AWS Resources User Guide, "Tag naming limits and requirements")."""
TAG_VALUE = r"^[a-zA-Z0-9 ._:/=+@-]*$"
TAG = r"^[^=]+=.*$"
HTTPS_URL = r"^https://[!-~]+$"
SNAKE_CASE = r"^[a-z][a-z0-9_]{0,31}$"
VERSION_ID = r"^[!-~]+$"
LAMBDA_ARN = r"^arn:aws(-[a-z-]+)?:lambda:[a-z0-9-]+:\d{12}:function:[a-zA-Z0-9-_]{1,64}(:[a-zA-Z0-9-_$]{1,128})?$"
IDEMPOTENCY_KEY = r"^[!-~]([ -~]{0,126}[!-~])?$"
DEPLOYMENT_NAME = r"^([0-9a-zA-Z][_-]?)+$"
JUDGE_OF_RUN = (
    r"^(run:[a-z0-9]+(-[a-z0-9]+)*|arn:aws(-[a-z-]+)?:bedrock:[a-z0-9-]+:\d{12}:custom-model-deployment/[a-z0-9]+)$"
)
MODEL_ID = r"^[a-z0-9-]+\.[A-Za-z0-9.:-]+$"
DAY = r"^\d{4}-\d\d(-\d\d)?$"

IN_WORDS: Mapping[str, str] = {
    SLUG: "may contain only lower-case letters, digits and single hyphens between them, such as my-judge-2",
    RESERVED_TAG_KEY: "must not begin with aws:, which AWS reserves",
    TAG_KEY: "may contain only letters, digits, spaces and . _ : / = + @ -, and must not be empty",
    TAG_VALUE: "may contain only letters, digits, spaces and . _ : / = + @ -",
    TAG: "must be key=value",
    HTTPS_URL: "must be an https:// address without spaces",
    SNAKE_CASE: "must begin with a lower-case letter, followed by lower-case letters, digits and _ (max 32 characters)",
    VERSION_ID: "must be the version id that S3 gave, with no white space",
    LAMBDA_ARN: "must be the ARN of a Lambda function, arn:aws:lambda:REGION:ACCOUNT:function:NAME, or of an alias",
    IDEMPOTENCY_KEY: "must be 1 to 128 ASCII characters without leading or trailing white space",
    DEPLOYMENT_NAME: "may contain letters and digits, with single - or _ between them, such as my-judge",
    JUDGE_OF_RUN: "must be run:RUN_ID of a run that trained a judge, or the ARN of a custom model deployment",
    MODEL_ID: "must be the id of a model or an inference profile, such as us.amazon.nova-pro-v1:0",
    DAY: "must be a month or a day: YYYY-MM or YYYY-MM-DD",
}
