"""Whether two names of an officer are one person's: a second person is another person, however the first one is spelt.

An officer is known by the id their department's system signs for, a work number or a name. Blanks, dashes, case and full-width
letters make no other person. An id with letters of a script that has look-alikes (а for a) could pass for another one; it names
nobody here, and who names nobody asks for no approval and gives none.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache


@lru_cache(1024)
def folded(officer: str) -> str:
    """The id without what makes no other person: ASCII letters in lower case, digits, Chinese characters; "" where it names nobody."""
    letters = [one for one in unicodedata.normalize("NFKC", officer).casefold() if one.isalnum()]
    return "" if any(not (one.isascii() or _han(one)) for one in letters) else "".join(letters)


def same_officer(one: str, other: str) -> bool:
    """Whether two ids may be the same person's. An id that names nobody may be anybody's."""
    first, second = folded(one), folded(other)
    return not first or not second or first == second


def _han(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith("CJK UNIFIED IDEOGRAPH")
