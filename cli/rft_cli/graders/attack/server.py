"""An attacker model on an OpenAI-compatible server."""

from __future__ import annotations

import os
from dataclasses import dataclass

from emulator.bedrock.judge import server_reply
from emulator.http.replies import AwsError
from rft_cli.errors import CommandError

SECONDS, MAX_TOKENS, TEMPERATURE = 120.0, 2_000, 0.9


@dataclass(frozen=True)
class AttackerServer:
    """`url` ends before `/chat/completions`; its key is OPENAI_API_KEY, if set. At most `requests` are sent."""

    url: str
    model: str
    requests: int

    def complete(self, system: str, user: str) -> str:
        """The model's text.

        Raises CommandError on a failure, because a search without the model would not be comparable.
        """
        try:
            reply = server_reply(
                self.url,
                self.model,
                system=system,
                user=user,
                max_tokens=MAX_TOKENS,
                timeout=SECONDS,
                temperature=TEMPERATURE,
                name="the attacker's server",
                api_key=os.environ.get("OPENAI_API_KEY", ""),
            )
        except AwsError as error:
            raise CommandError(
                f"{error} ({self.url}, model {self.model}); check --attacker and --attacker-model"
            ) from error
        return reply.text
