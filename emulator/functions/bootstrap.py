"""What a worker process runs: AWS's runtime client, and a watch on the emulator's life.

Started by path, so it imports nothing of the emulator. Standard input is a pipe that the emulator holds open: when it
closes, for whatever reason, SIGKILL included, this process goes too.
"""

import importlib
import os
import runpy
import sys
import threading
from typing import Any


def _exit_with_emulator() -> None:
    while os.read(0, 1):
        pass
    os._exit(0)


threading.Thread(target=_exit_with_emulator, daemon=True).start()
sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]
client: Any = importlib.import_module("awslambdaric.lambda_runtime_client")


class _Client(client.LambdaRuntimeClient):  # type: ignore[misc]
    """AWS's, whose requests in Python take no path in the address, as those of its extension in C do."""

    def __init__(self, lambda_runtime_address: str, *further: Any, **named: Any) -> None:
        address, _, self._path = lambda_runtime_address.partition("/")
        super().__init__(address, *further, **named)

    def call_rapid(self, http_method: str, endpoint: str, *further: Any, **named: Any) -> None:
        super().call_rapid(http_method, f"/{self._path}{endpoint}", *further, **named)


client.LambdaRuntimeClient = _Client
sys.argv = ["awslambdaric", os.environ["_HANDLER"]]
runpy.run_module("awslambdaric", run_name="__main__")
