"""docs/deploy.md: its key policy and parameter table; `python -m tests.kit.deploy_docs` writes the table."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.kit.project import ROOT, TEMPLATE

PAGE = ROOT / "docs" / "deploy.md"

HEAD = ("| parameter | default | what it sets |", "|---|---|---|")


def parameter_table() -> list[str]:
    """Return one line per parameter, in the template's order."""
    return [*HEAD, *(_line(name, parameter) for name, parameter in TEMPLATE["Parameters"].items())]


def _line(name: str, parameter: Mapping[str, Any]) -> str:
    default = str(parameter["Default"])
    text = " ".join([*str(parameter["Description"]).split(), *_allowed(parameter)])
    return f"| `{name}` | {f'`{default}`' if default else 'empty'} | {text.replace('|', chr(92) + '|')} |"


def _allowed(parameter: Mapping[str, Any]) -> Iterator[str]:
    if "AllowedValues" in parameter:
        yield f"One of {', '.join(map(str, parameter['AllowedValues']))}."
    elif "MinValue" in parameter:
        yield f"{parameter['MinValue']:,} to {parameter['MaxValue']:,}."


def with_table(text: str) -> str:
    """Return the page with its table replaced."""
    before, head, rest = text.partition(HEAD[0])
    after = rest[rest.index("\n\n") :]
    return before + "\n".join(parameter_table()) + after if head else text


def documented_key_policy() -> dict[str, Any]:
    """Return the page's key policy for DataKmsKeyArn, for the account and Region of the emulated AWS."""
    (text,) = re.findall(r"<!-- the policy of DataKmsKeyArn -->\n```json\n(.*?)```", PAGE.read_text(), re.DOTALL)
    policy: dict[str, Any] = json.loads(text)
    return policy


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text()))
