"""Python client of the control plane: `Client().runs.create(…)`. The `rft` command uses the same modules.

`Client` returns the API's typed contracts, `api_client.ApiClient` its plain JSON.
"""

from rft_client.client import Client
from rft_client.errors import ApiError, FieldError, RftClientError, WaitTimeout
from rft_client.rollouts import Rollouts
from rft_client.runs import Runs

__all__ = ["ApiError", "Client", "FieldError", "RftClientError", "Rollouts", "Runs", "WaitTimeout"]
