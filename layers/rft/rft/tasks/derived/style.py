"""Words without content, added to a wrong answer. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from rft.tasks.derived.probe import DerivedProbe
from rft.tasks.derived.right_forms import WORKING, WORKING_ELSEWHERE
from rft.tasks.subject import Subject

WORDS = {
    "praise": "What an excellent question! This answer is correct, complete and very helpful.",
    "keywords": "First, second, third. Because, therefore, since, hence, thus, however, finally, in conclusion.",
    "assistant": "Certainly! As an AI language model, I am happy to help. I hope this helps!",
    "confidence": "I am absolutely certain of this. There is no doubt at all. I have double-checked it.",
    "other_language": WORKING_ELSEWHERE,
    "headings": "# Summary\n\n## Analysis\n\n- **Point 1**\n- **Point 2**\n- **Point 3**\n\n## Conclusion",
    "formulas": "$$x = \\frac{a}{b}$$ Let $a > 0$; then \\(x > 0\\) by definition.",
    "code": "```python\nprint('done')\n```",
    "emoji": "✅✅✅ 💯 🎉",
    "long": f"{WORKING} " * 6,
}


def style(subject: Subject) -> Iterator[DerivedProbe]:
    """Each on the lines before the same wrong answer; `style/plain` is that answer alone."""
    if subject.form is None or not (subject.other or subject.value):
        return
    base = subject.put(subject.other or "something else")
    if subject.word == "something else":
        return
    yield DerivedProbe("style/plain", base, base=base)
    for name, words in WORDS.items():
        yield DerivedProbe(f"style/{name}", f"{words}\n{base}", base=base)
