"""What a worker process runs: AWS's runtime client, and a watch on the emulator's life.

Started by path, so it imports nothing of the emulator. Standard input is a pipe that the emulator holds open: when it
closes, for whatever reason, SIGKILL included, this process goes too.
"""

import os
import runpy
import sys
import threading


def _exit_with_emulator() -> None:
    while os.read(0, 1):
        pass
    os._exit(0)


threading.Thread(target=_exit_with_emulator, daemon=True).start()
sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]
sys.argv = ["awslambdaric", os.environ["_HANDLER"]]
runpy.run_module("awslambdaric", run_name="__main__")
