"""A person's name as two systems write it: whether it is one name.

Registers differ in how they write what is the same name: full-width letters, blanks, and the dot of a minority's name (GB 18030
has several; · is the one the resident register prescribes). Nothing else is forgiven: another character is another name.
"""

from __future__ import annotations

import unicodedata

_DOTS = str.maketrans(dict.fromkeys("•‧∙⋅・.", "·"))  # after NFKC, which turns ･ into ・ and ． into .


def normal(name: str) -> str:
    """The one spelling: NFKC, without blanks, upper case, every dot a middle dot."""
    return "".join(unicodedata.normalize("NFKC", name).split()).translate(_DOTS).upper()


def same(one: object, other: str) -> bool:
    """Whether both are one name; never where one is missing or no text."""
    return isinstance(one, str) and bool(one.strip()) and normal(one) == normal(other)
