"""The judge stand-in: parses the grader's rubric prompt and answers with deterministic rules.

It is not a language model, and its answers say so. In a PandaLM reasoning it checks that both responses are named, that
there are reasons beyond the verdict and that the last sentence does not contradict the verdict. In an answer to any
other rubric it requires words of the prompt, five other words, no text addressed to the judge, and no phrase that a
criterion's `false` text quotes.
"""

from __future__ import annotations

import http.client
import json
import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from emulator.http.replies import AwsError
from rft.rewards.judge_prompt import read_parts
from rft.rewards.pandalm_rubric import CRITERIA

STAND_IN = "emulated-judge.stand-in-v1:0"
"""Judge model id of the stack, so that the stand-in is visible wherever the model's name is shown."""

MAX_MODEL_ID = 64
"""MaxLength of the template's parameter JudgeModelId."""

NO_ANSWER = "This is an emulated model. It answers rubric prompts only."


@dataclass(frozen=True)
class ModelReply:
    text: str
    input_tokens: int
    output_tokens: int
    stop_reason: str = "end_turn"


def stand_in_reply(system: str, user: str) -> ModelReply:
    """Return a deterministic answer. A token counts as four characters."""
    parts = read_parts(user)
    if "reasoning" in parts:
        text = json.dumps(_criteria(parts["verdict"], parts["reasoning"]))
    elif "answer" in parts:
        text = json.dumps(_rubric_criteria(system, parts.get("prompt", ""), parts["answer"]))
    else:
        text = NO_ANSWER
    return ModelReply(text, (len(system) + len(user)) // 4, max(1, len(text) // 4))


def server_reply(
    url: str,
    model: str,
    *,
    system: str,
    user: str,
    max_tokens: int | None,
    timeout: float,
    temperature: float = 0,
    name: str = "the judge server",
    api_key: str = "",
) -> ModelReply:
    """Call an OpenAI-compatible server. `name` is used in error messages; an empty `api_key` is not sent.

    Raises AwsError (ModelErrorException, ThrottlingException).
    """
    body: dict[str, Any] = {
        "model": model,
        "temperature": temperature,
        "messages": [{"role": "system", "content": system}, {"role": "user", "content": user}],
        **({"max_tokens": max_tokens} if max_tokens else {}),
    }
    authorization = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    request = urllib.request.Request(  # noqa: S310 - the address is the user's own option
        f"{url.rstrip('/')}/chat/completions",
        json.dumps(body).encode(),
        {"Content-Type": "application/json", **authorization},
    )
    try:
        with urllib.request.urlopen(request, timeout=timeout) as reply:  # noqa: S310
            return _read(json.load(reply))
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 429:
            raise AwsError("ThrottlingException", 429, f"{name} throttles calls") from error
        raise AwsError("ModelErrorException", 424, f"{name} answered {error.code}") from error
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError, AttributeError) as error:
        raise AwsError("ModelErrorException", 424, f"{name} returned no valid response: {error}") from error


def server_model_id(model: str) -> str:
    """Return the stack's judge model id for the user's own server; it differs from Bedrock's ids and the stand-in's."""
    return ("judge-server." + re.sub(r"[^A-Za-z0-9.:-]+", "-", model))[:MAX_MODEL_ID]


def _read(reply: dict[str, Any]) -> ModelReply:
    choice, usage = reply["choices"][0], reply.get("usage", {})
    reasons = {"stop": "end_turn", "length": "max_tokens", "content_filter": "content_filtered"}
    text = choice["message"].get("content") or ""
    if not isinstance(text, str):
        raise TypeError("content is not a string")
    return ModelReply(
        text=text,
        input_tokens=int(usage.get("prompt_tokens", 0)),
        output_tokens=int(usage.get("completion_tokens", 0)),
        stop_reason=reasons.get(choice.get("finish_reason", "stop"), "end_turn"),
    )


def _criteria(verdict: str, reasoning: str) -> dict[str, bool]:
    words = set(re.findall(r"[a-z']{3,}", reasoning.lower()))
    reasons = words - {"response", "better", "because", "than", "the", "one", "and", "verdict", "judgment", "tie"}
    if len(reasons) < 4:
        return {criterion.name: False for criterion in CRITERIA}
    found = {
        "refers_to_both": _names_both(reasoning),
        "supports_verdict": not _contradicts(verdict, reasoning),
        "no_invented_facts": not words & {"cites", "citation", "source", "sources", "according"},
        "not_circular": len(reasons) >= 6,
    }
    return {criterion.name: found.get(criterion.name, True) for criterion in CRITERIA}


_CRITERION = re.compile(r"^([a-z][a-z0-9_]*): .*\n  true: .*\n  false: (.*(?:\n(?!\n|[a-z_0-9]+: ).*)*)", re.MULTILINE)
_TO_THE_JUDGE = re.compile(
    r"\b(criteri|evaluat|grad(e|er|ing)\b|judge|score|rubric|reward|ignore|instruction|thought process|let's solve)",
    re.IGNORECASE,
)


def _rubric_criteria(system: str, prompt: str, answer: str) -> dict[str, bool]:
    """Return the criteria of a rubric: False if the text is not an answer, or contains a phrase quoted in `false`."""
    words = set(re.findall(r"[a-z']{4,}", answer.lower()))
    prompt_words = set(re.findall(r"[a-z']{4,}", prompt.lower()))
    is_answer = bool(words & prompt_words) and len(words - prompt_words) >= 5 and not _TO_THE_JUDGE.search(answer)
    return {
        name: is_answer and not any(quoted.lower() in answer.lower() for quoted in re.findall("“([^”]+)”", anchor))
        for name, anchor in _CRITERION.findall(system)
    }


def _names_both(reasoning: str) -> bool:
    text = reasoning.lower()
    both = all(re.search(rf"response {n}|{word}", text) for n, word in ((1, r"\bfirst\b"), (2, r"\bsecond\b")))
    return both or bool(re.search(r"\b(both|neither|each)\b", text))


def _contradicts(verdict: str, reasoning: str) -> bool:
    """Return whether the last sentence favours a response that was not chosen."""
    last = re.split(r"(?<=[.!?])\s+", reasoning.strip())[-1].lower()
    praised = {n for n, word in (("1", "first"), ("2", "second")) if re.match(rf"(the )?({word}|response {n})\b", last)}
    chosen = set(re.findall(r"[12]", verdict))
    return bool(praised) and bool(chosen) and not praised & chosen
