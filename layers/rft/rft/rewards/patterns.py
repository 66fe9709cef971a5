"""Regular expressions that others wrote, run against text that yet others wrote: each has a limit of size and time.

`regex` stops a search in time, where the standard library's `re` could run for ever on one answer. Nothing stops its
compiler, so a pattern's size is known before it is compiled.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import regex

from rft.rewards.ecma_patterns import ecma_pattern
from rft.rewards.pattern_size import PatternTooLarge, check_pattern_size
from rft.rewards.samples import UngradableSample

SEARCH_SECONDS = 0.1
"""Of one pattern in one answer. A pattern that needs longer is no use in a batch of thousands."""


def any_found(patterns: Sequence[str], text: str, *, field: str) -> bool:
    """Whether one of them is found.

    All are tried, so that a bad one shows whatever the answer is. Raises UngradableSample as `found`.
    """
    return sum(found(pattern, text, field=f"{field}[{at}]") for at, pattern in enumerate(patterns)) > 0


def found(pattern: str, text: str, *, field: str, ecma: bool = False) -> bool:
    """Whether it is found; `ecma`: by ECMAScript's rules, as JSON Schema has it.

    Raises UngradableSample, naming the `field`, if it is wrong or takes too long.
    """
    compiled = _compiled(pattern, ecma=ecma)
    if isinstance(compiled, str):
        raise UngradableSample(f"{field}: {compiled}")
    try:
        return compiled.search(text, timeout=SEARCH_SECONDS) is not None
    except TimeoutError as error:
        raise UngradableSample(f"{field}: took over {SEARCH_SECONDS} s to search; make it simpler") from error


@lru_cache(maxsize=512)
def _compiled(pattern: str, *, ecma: bool) -> regex.Pattern[str] | str:
    """The pattern, or its error: computed once for any number of rows."""
    try:
        check_pattern_size(pattern)
        return regex.compile(ecma_pattern(pattern) if ecma else pattern)
    except PatternTooLarge as error:
        return f"{error}; make it simpler"
    except (regex.error, RecursionError, OverflowError, ValueError):
        return "is no regular expression that can be used"
