"""Computes the compiled size of a regular expression without compiling it, in linear time.

The compiler unrolls bounded repeats: `(((a{100}){100}){100})` takes 300 MB, and a fourth level takes gigabytes.
"""

from __future__ import annotations

import re

MAX_LENGTH = 1000
MAX_SIZE = 10_000
"""Characters, classes and groups after unrolling. At this size compiling took 10 ms and 5 MB (measured)."""

MAX_NESTING = 50
"""Nesting depth of groups: the compiler recurses for each."""

_COUNT = re.compile(r"\{(\d*)(?:(,)(\d*))?\}")
_ESCAPE = re.compile(r"\\(?:u\{[0-9a-fA-F]{1,6}\}|.?)", re.DOTALL)
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_GROUP = re.compile(r"\((?:\?(?:[aimsLu]*(?:-[ims]+)?[:)]|>|=|!|<=|<!|P?<\w+>|P=\w+\)))?")


class PatternTooLarge(ValueError):
    """The pattern exceeds a limit, or its size cannot be computed; the message says which."""


def check_pattern_size(pattern: str) -> None:
    """Raises PatternTooLarge."""
    if len(pattern) > MAX_LENGTH:
        raise PatternTooLarge(f"has over {MAX_LENGTH} characters")
    groups = [_Group()]
    at = 0
    while at < len(pattern):
        at = _take(pattern, at, groups)
    for group in groups[1:]:  # the compiler rejects unclosed groups; this only bounds their size
        groups[0].add(group.size)
    groups[0].check()


class _Group:
    """A group that is being read: its size so far, and the size of the last item, to which a repeat count applies."""

    def __init__(self) -> None:
        self.size = 1
        self.last = 0

    def add(self, size: int) -> None:
        self.size += size
        self.last = size
        self.check()

    def repeat(self, times: int) -> None:
        self.size += self.last * (times - 1)
        self.last *= times
        self.check()

    def check(self) -> None:
        if self.size > MAX_SIZE:
            raise PatternTooLarge(f"repeats more than {MAX_SIZE:,} parts")


def _take(pattern: str, at: int, groups: list[_Group]) -> int:
    """Reads the item at `at`; returns the position of the next one."""
    mark = pattern[at]
    if mark == "(":
        return _open(pattern, at, groups)
    if mark == ")" and len(groups) > 1:
        closed = groups.pop()
        groups[-1].add(closed.size)
    elif mark == "{" and (count := _COUNT.match(pattern, at)):
        groups[-1].repeat(_times(count))
        return count.end()
    elif mark == "[" and (characters := _CLASS.match(pattern, at)):
        groups[-1].add(1 + len(characters[0]) // 4)
        return characters.end()
    elif not mark.isspace():  # a count after a space may apply to the item before it
        groups[-1].add(1)
    return at + (len(escape[0]) if (escape := _ESCAPE.match(pattern, at)) else 1)


def _open(pattern: str, at: int, groups: list[_Group]) -> int:
    opening = _GROUP.match(pattern, at)
    if opening is None or (pattern.startswith("(?", at) and opening.end() == at + 1):
        raise PatternTooLarge("holds a kind of group that is not supported; use (…), (?:…), (?i), (?=…), (?<=…)")
    if not opening[0].endswith(")"):
        groups.append(_Group())
    if len(groups) > MAX_NESTING:
        raise PatternTooLarge(f"nests over {MAX_NESTING} groups")
    return opening.end()


def _times(count: re.Match[str]) -> int:
    """The number of copies that the compiler makes: the minimum count, plus one if it is unbounded."""
    least = min(int(count[1] or 0), MAX_SIZE)
    return max(1, least + 1 if count[2] else least)
