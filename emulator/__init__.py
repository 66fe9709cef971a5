"""The emulated AWS runs the project's own template, state machine and handlers without an AWS account or Docker.

    with Emulator.start(EmulatorOptions(training_seconds=2)) as aws:
        aws.client("s3").upload_file("testset.json", aws.bucket, "uploads/pandalm/demo/testset.json")

It is not deployed: nothing in layers/ or functions/ imports it.
"""

from emulator.emulator import Emulator
from emulator.options import EmulatorOptions

__all__ = ["Emulator", "EmulatorOptions"]
