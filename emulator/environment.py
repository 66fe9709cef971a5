"""Objects shared by all parts of one emulator: options, state, clock, faults, endpoint and clients."""

from __future__ import annotations

import secrets
import socket
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from botocore.credentials import Credentials

from emulator.clients import Clients
from emulator.clock import ScaledClock
from emulator.faults import Faults
from emulator.functions.code import CodeStore
from emulator.http.server import address_of, listen
from emulator.iam.authorizer import Authorizer
from emulator.iam.keyring import Keyring
from emulator.moto.access import MotoAccount
from emulator.moto.account import ACCOUNT
from emulator.moto.read_lag import LaggingReads
from emulator.options import EmulatorOptions
from emulator.state.state import State, open_state

REGION = "us-east-1"
"""The only region where Bedrock supports reinforcement fine-tuning (Bedrock User Guide, rft-nova-models)."""

LEASE_SECONDS = 120.0
"""After a kill, leases such as the claim on a message (90 s) still expire by the wall clock, so retries at emulated
speed would be exhausted before they expire."""


@dataclass(frozen=True, kw_only=True)
class Environment:
    """`listener` is the bound socket of the AWS endpoint; its address is known before the server starts."""

    options: EmulatorOptions
    state: State
    clock: ScaledClock
    listener: socket.socket
    clients: Clients
    keyring: Keyring
    authorizer: Authorizer
    code: CodeStore
    reads: LaggingReads
    region: str = REGION
    account: str = ACCOUNT

    @property
    def faults(self) -> Faults:
        return self.state.faults

    def clients_of(self, role_arn: str, session: str) -> Clients:
        return Clients(self.clients.endpoint, self.keyring.session(role_arn, session), self.region)

    @property
    def port(self) -> int:
        port: int = self.listener.getsockname()[1]
        return port


def open_environment(options: EmulatorOptions, cleanup: ExitStack) -> Environment:
    """Open the state and bind the endpoint's socket. Raises StateUnusable, or OSError if the port is in use."""
    state = open_state(options.state, account=ACCOUNT, region=REGION, seed=options.seed)
    cleanup.callback(state.close)
    listener = cleanup.enter_context(listen(options.port))
    temporary = cleanup.enter_context(TemporaryDirectory(prefix="emulated-code-"))
    generated = Credentials(f"AKIAEMULATED{secrets.token_hex(4).upper()}", secrets.token_urlsafe(30))
    credentials = state.credentials(generated)
    keyring = Keyring(MotoAccount(account=ACCOUNT, region=REGION), credentials, account=ACCOUNT)
    authorizer = Authorizer(account=ACCOUNT, region=REGION, of_user=keyring.policies_of_user)
    for arn, policy in options.key_policies.items():
        authorizer.policies.add_key(arn, policy)
    return Environment(
        options=options,
        state=state,
        clock=ScaledClock(options.speed, patience=LEASE_SECONDS if state.has_running_executions else 0.0),
        listener=listener,
        code=CodeStore(state.code_folder or Path(temporary)),
        reads=LaggingReads(options.read_lag_seconds, account=ACCOUNT, region=REGION),
        clients=Clients(address_of(listener), credentials, REGION),
        keyring=keyring,
        authorizer=authorizer,
    )
