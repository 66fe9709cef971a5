"""The control plane as Python calls: `Client().runs.create(…)`. The `rft` command is built on the same modules.

`Client` answers with the API's own typed contracts; `api_client.ApiClient` with its JSON as it is.
"""

from rft_client.client import Client
from rft_client.errors import ApiError, FieldError, RftClientError, WaitTimeout
from rft_client.rollouts import Rollouts
from rft_client.runs import Runs

__all__ = ["ApiError", "Client", "FieldError", "RftClientError", "Rollouts", "Runs", "WaitTimeout"]
