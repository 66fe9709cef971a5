"""Runs untrusted regular expressions on untrusted text, with limits on pattern size and search time.

`regex` supports a timeout for a search, `re` does not. Neither supports one for compilation, so the pattern's size is
checked before it is compiled.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import regex

from rft.rewards.ecma_patterns import ecma_pattern
from rft.rewards.pattern_size import PatternTooLarge, check_pattern_size
from rft.rewards.samples import UngradableSample

SEARCH_SECONDS = 0.1
"""Timeout of one pattern on one answer. A slower pattern is unusable in a batch of thousands."""


def any_found(patterns: Sequence[str], text: str, *, field: str) -> bool:
    """True if any of the patterns is found.

    Searches all of them, so an invalid pattern is reported for every answer. Raises UngradableSample as `found` does.
    """
    return sum(found(pattern, text, field=f"{field}[{at}]") for at, pattern in enumerate(patterns)) > 0


def found(pattern: str, text: str, *, field: str, ecma: bool = False) -> bool:
    """True if the pattern is found; `ecma` selects ECMAScript syntax, as in JSON Schema.

    Raises UngradableSample, naming the `field`, if the pattern is invalid or the search times out.
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
    # Cached: rows share patterns.
    try:
        check_pattern_size(pattern)
        return regex.compile(ecma_pattern(pattern) if ecma else pattern)
    except PatternTooLarge as error:
        return f"{error}; make it simpler"
    except (regex.error, RecursionError, OverflowError, ValueError):
        return "is no regular expression that can be used"
