"""Who may sign for whom: age and capacity as the Civil Code sees them (§17–23), guardianship as declared.

Used twice with the same answer: when a letter is registered, and each time a question asks whether it covers somebody.
"""

from __future__ import annotations

from datetime import date

ADULT = 18
CHILD = 14
OWN_LIVING = 16
"""Civil Code §18: from sixteen, living on one's own labour income counts as full capacity."""


BY_AGE = "BY_AGE"
"""Capacity of somebody declared while a minor: what limits it is their age, and ends with it. An adult's was a court's to limit
(Civil Code §24), and is declared anew.
"""


def years_old(born: date, on: date) -> int:
    """周岁 on a day; someone born on 29 February comes of age on 1 March."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def under_fourteen(born: date | None, on: date) -> bool:
    """Whether what is told of a person is a child's (PIPL §28, §31). An unknown birth date counts as one; on the fourteenth birthday itself the
    child is still protected.
    """
    return born is None or on.year - born.year - ((on.month, on.day) <= (born.month, born.day)) < CHILD


def signs_alone(born: date | None, capacity: str, on: date) -> bool:
    """Whether a person's own signature binds them. An unknown birth date counts as a child's (PIPL §28, §31)."""
    if born is None or capacity not in ("FULL", BY_AGE):
        return False
    return years_old(born, on) >= (OWN_LIVING if capacity == "FULL" else ADULT)  # FULL below eighteen is the exception of Civil Code §18


def needs_guardian(born: date | None, capacity: str, on: date) -> bool:
    """Whether a legal representative may sign for a person: minors, and adults without full capacity."""
    return born is None or capacity not in ("FULL", BY_AGE) or years_old(born, on) < ADULT
