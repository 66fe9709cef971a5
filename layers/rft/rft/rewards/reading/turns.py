"""Removes what surrounds an answer in a model's turn: thinking, special tokens and answer tags."""

from __future__ import annotations

import re

from rft.rewards.reading.markup import without_strikethrough

_NAMES = "think|thinking|reasoning|thought|thoughts|scratchpad"
_THINKING = re.compile(
    rf"<(?P<slash>/?)(?:{_NAMES})>|<\|(?:begin|(?P<end>end))(?:_of|_internal)?_(?:thought|thinking|think)\|>",
    re.IGNORECASE,
)
_SPECIAL = (
    r"<\|[^|<>\n]{1,64}\|>|<\uff5c[^\uff5c<>\n]{1,64}\uff5c>"
    r"|</?s>|<(?:eos|bos|pad|eot|end_of_turn|start_of_turn|end_of_text)>|\[/?(?:INST|EOS|BOS)\]"
)
_WRAPPER = r"</?(?:answer|final_answer|final|solution|response|output|result)>"
_SPECIAL_TOKEN = re.compile(_SPECIAL, re.IGNORECASE)
_AT_START = re.compile(rf"(?:\s*(?:{_SPECIAL}|{_WRAPPER}))+\s*", re.IGNORECASE)
_AT_END = re.compile(rf"(?:{_SPECIAL}|{_WRAPPER})\s*\Z", re.IGNORECASE)
_LINE_END = re.compile(r"\r\n?")
_NEAR = 64
"""Characters around a tag to search for line ends and sentence ends: bounds the time for text with many tags."""


_BYTE_ORDER_MARK = "\ufeff"


def answer_text(text: str) -> str:
    """The answer without thinking, special tokens and answer tags, with newlines as line ends."""
    return without_turn_tokens(without_thinking(_plain_lines(text)))


def _plain_lines(text: str) -> str:
    text = text.removeprefix(_BYTE_ORDER_MARK)
    return _LINE_END.sub("\n", text) if "\r" in text else text


def stated_text(text: str) -> str:
    """`answer_text` without struck-out text."""
    text = without_thinking(_plain_lines(text))
    # `<s>` is a special token only at the very start, else it is strike-through.
    opened = _AT_START.match(text)
    return without_turn_tokens(without_strikethrough(text[opened.end() :] if opened else text))


def without_turn_tokens(text: str) -> str:
    """Removes special tokens and `<answer>` tags at both ends; leaves the inside unchanged."""
    if "<" not in text and "[" not in text:
        return text
    opened = _AT_START.match(text)
    text = text[opened.end() :] if opened else text
    end = len(text)
    while closed := _AT_END.search(text, max(0, end - 2 * _NEAR), end):
        end = closed.start()
    return text[:end]


def before_turn_token(line: str) -> str:
    """The line up to the first special token after its start."""
    if "<" not in line and "[" not in line:
        return line
    # Text after the end of a turn is not part of the answer.
    return _SPECIAL_TOKEN.split(without_turn_tokens(line), maxsplit=1)[0]


def without_thinking(text: str) -> str:
    """The text after the last thinking block and before an unclosed one.

    A tag that is only mentioned, in a sentence or in quotes, does not count. If the chat template wrote the opening
    tag, the block has only a closing tag.
    """
    start, inside, mentioned, parts = 0, False, -1, list[str]()
    for tag in _THINKING.finditer(text):
        closes = bool(tag["slash"] or tag["end"])
        if _quoted(text, tag) or (inside and not closes):
            continue
        if inside:
            start, inside, parts = tag.end(), False, []
        elif not closes and _starts_line(text, tag.start(), start):
            parts.append(text[start : tag.start()])
            inside, mentioned = True, -1
        elif not closes:
            mentioned = tag.start()
        elif mentioned >= start and "\n" not in text[mentioned : tag.start()]:
            parts.append(text[start:mentioned])
            start, mentioned = tag.end(), -1
        elif _closes_block(text, tag, start):
            start, mentioned, parts = tag.end(), -1, []
    return "".join(parts) if inside else "".join([*parts, text[start:]])


def _quoted(text: str, tag: re.Match[str]) -> bool:
    return text[tag.start() - 1 : tag.start()] in {"`", "'", '"'} and text[tag.end() : tag.end() + 1] in {"`", "'", '"'}


def _starts_line(text: str, at: int, start: int) -> bool:
    """True if only white space and special tokens precede the tag on its line, or since `start`."""
    before = text[max(start, at - _NEAR) : at]
    line = before.rpartition("\n")[2]
    return (len(line) < len(before) or at - _NEAR <= start) and not _SPECIAL_TOKEN.sub("", line).strip(" \t>")


def _closes_block(text: str, tag: re.Match[str], start: int) -> bool:
    """True if the tag ends thinking.

    It starts or ends a line, follows a full sentence, or directly precedes an answer.
    """
    after = text[tag.end() : tag.end() + _NEAR]
    before = text[max(0, tag.start() - _NEAR) : tag.start()].rstrip(" \t")
    ends_line = not after.partition("\n")[0].strip() and ("\n" in after or len(after) < _NEAR)
    at_once = after[:1] not in {" ", "\t", *".,;:!?)"}
    return ends_line or at_once or before[-1:] in {".", "!", "?"} or _starts_line(text, tag.start(), start)
