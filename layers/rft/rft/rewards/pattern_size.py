"""The size of a regular expression once compiled, found without compiling it: pure, linear in its length.

The compiler unrolls what `{100}` repeats, so `(((a{100}){100}){100})` takes 300 MB and a fourth level gigabytes.
"""

from __future__ import annotations

import re

MAX_LENGTH = 1000
MAX_SIZE = 10_000
"""Characters, classes and groups after all repeats: measured 10 ms and 5 MB to compile."""

MAX_NESTING = 50
"""Of groups: the compiler recurses for each."""

_COUNT = re.compile(r"\{(\d*)(?:(,)(\d*))?\}")
_ESCAPE = re.compile(r"\\(?:u\{[0-9a-fA-F]{1,6}\}|.?)", re.DOTALL)
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_GROUP = re.compile(r"\((?:\?(?:[aimsLu]*(?:-[ims]+)?[:)]|>|=|!|<=|<!|P?<\w+>|P=\w+\)))?")


class PatternTooLarge(ValueError):
    """The pattern is over a limit, or written in a way whose size cannot be computed; the message says which."""


def check_pattern_size(pattern: str) -> None:
    """Raises PatternTooLarge."""
    if len(pattern) > MAX_LENGTH:
        raise PatternTooLarge(f"has over {MAX_LENGTH} characters")
    groups = [_Group()]
    at = 0
    while at < len(pattern):
        at = _take(pattern, at, groups)
    for group in groups[1:]:  # not closed: the compiler refuses it, this only bounds it
        groups[0].add(group.size)
    groups[0].check()


class _Group:
    """What was read of one group: its size so far, and that of the last item, which a count repeats."""

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
    """Read one item at `at`; where the next one begins."""
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
    elif not mark.isspace():  # a count after a space may mean what stands before it
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
    """The copies that the compiler makes: the minimum count, and one more where it is unbounded."""
    least = min(int(count[1] or 0), MAX_SIZE)
    return max(1, least + 1 if count[2] else least)
