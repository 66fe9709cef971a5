"""The emulated AWS: the project's own template, state machine and handlers, with no account and no Docker.

    with Emulator.start(EmulatorOptions(training_seconds=2)) as aws:
        aws.client("s3").upload_file("testset.json", aws.bucket, "uploads/pandalm/demo/testset.json")

Never shipped: nothing of layers/ or functions/ imports it.
"""

from emulator.emulator import Emulator
from emulator.options import EmulatorOptions

__all__ = ["Emulator", "EmulatorOptions"]
