"""For all tests: a slow machine is not a wrong answer, and nothing but loopback is reached (see pyproject.toml)."""

from __future__ import annotations

import os

from hypothesis import settings

os.environ["AWS_EC2_METADATA_DISABLED"] = "true"  # botocore looks for credentials on the network where it finds none

settings.register_profile("project", deadline=None)
settings.load_profile("project")
