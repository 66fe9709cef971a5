"""Classifies the quantity that a question asks for: per cent, an amount, or one without a page unit."""

from __future__ import annotations

import re

from rft.rewards.reading.units import DECLINES

_PERCENT = r"(?:%|per ?cent(?:s|age|ages|ual|ually)?\b)"
_NUMBER_PERCENT = re.compile(r"\(?[0-9][0-9.,]* ?(?:%|per ?cent)\)?(?:-[a-z]+)?", re.IGNORECASE)
_PERCENT_QUESTION = re.compile(
    rf"\b(?:what|which|how|calculate|compute|determine|find|by)\b"
    rf"(?:(?!\b(?:if|given|assuming|with|based|considering|using|that|when|after|between)\b)[^,.?;:]){{0,48}}?{_PERCENT}"
    rf"|^\W*(?:the )?{_PERCENT}",
    re.IGNORECASE,
)
_IN_PERCENT = re.compile(rf"\b(?:as|in|into) (?:a |an |the |terms of )*{_PERCENT}", re.IGNORECASE)
_TIME = r"(?!cent|year|annum|quarter|month|week|day)"
_MONEY = r"(?:us ?|u\.s\. ?)?(?:\$|dollars?|cents|euros?|pounds?|yen|usd)"
_AMOUNT_QUESTION = re.compile(
    rf"\bin (?:the )?(?:{_MONEY} ?(?:in )?)?(?:thousand|million|billion)s?\b|\bin (?:the )?{_MONEY}(?!\w)"
    r"|\bhow many\b(?!(?: \w+)? (?:%|per ?cent))"
    rf"|\bper[ -]{_TIME}[a-z]+|\beps\b"
    rf"|\bhow many {_MONEY}",
    re.IGNORECASE,
)
_NO_MONEY = re.compile(
    rf"\bper[ -]{_TIME}[a-z]+|\beps\b"
    r"|\bratio|\brates?\b|\byields?\b|\bmargins?\b"
    r"|\bmultiples?\b|\bhow (?:many|long|old)\b(?! (?:thousand|million|billion|dollar|us|u\.s|\$))|\bnumber of\b"
    r"|\b(?:what|which) (?:fiscal )?(?:year|quarter|month|date)s?\b|\bindex\b|\btimes\b|\bprices?\b",
    re.IGNORECASE,
)
_RATE_QUESTION = re.compile(
    r"\b(?:tax|interest|growth|discount|borrowing|coupon|retention|occupancy|vacancy|utilization|inflation|default|churn"
    r"|effective|statutory|average)(?: \w+){0,2} rates?\b|\bmargins?\b|\byields?\b|\breturns? on\b"
    r"|\b(?:portion|proportion|share) of\b",
    re.IGNORECASE,
)
_CENTS = re.compile(r"\bcents?\b|\u00a2", re.IGNORECASE)
_DOLLARS = re.compile(r"\$|\bdollars?\b|\bUSD\b", re.IGNORECASE)
_WORDS = re.compile(r"[a-z]+")
_SENTENCE_END = re.compile(r"(?<=\?)|[.!](?!\S)")


def requests_percent(question: str) -> bool:
    """True if the answer is a percentage. A given rate ("the 6.25% notes") does not count."""
    if "%" not in question and "cent" not in question.casefold():
        return False
    text = _NUMBER_PERCENT.sub(" ", _last_question(question))
    if _IN_PERCENT.search(text):
        return True
    return _PERCENT_QUESTION.search(text) is not None and not requests_amount(text)


def requests_amount(question: str) -> bool:
    """True if the answer is an amount of money, a count, or money per thing, and therefore no percentage."""
    return _AMOUNT_QUESTION.search(question) is not None


def requests_money(question: str) -> bool:
    """True if a page's unit such as "in millions" may apply to the answer."""
    return _NO_MONEY.search(question) is None and not requests_percent(question)


def requests_rate(question: str) -> bool:
    """True if the answer is a rate, margin, yield, return or share, which reports print in per cent without a sign."""
    return _RATE_QUESTION.search(_last_question(question)) is not None and not requests_amount(question)


def counts_cents(question: str) -> bool:
    return _CENTS.search(question) is not None


def counts_dollars(question: str) -> bool:
    return _DOLLARS.search(question) is not None


def requests_decline(question: str) -> bool:
    """True if the question mentions a decrease or a loss."""
    return not DECLINES.isdisjoint(_WORDS.findall(question.casefold()))


def _last_question(question: str) -> str:
    """The sentences that end in a question mark; the whole text if there are none."""
    sentences = [sentence for sentence in _SENTENCE_END.split(question) if sentence.endswith("?")]
    return " ".join(sentences) or question
