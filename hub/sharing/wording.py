"""What people write into a record of sharing, a hold, an arrangement, an incident or an explanation, held short and free of anybody's number."""

from __future__ import annotations

from hub.operations.literals import holds_id_number

LONGEST = 1000
"""Characters of one text."""


class SharingRefused(ValueError):
    """Such a record cannot be made or changed; the text names the record or the field, and repeats nothing that was written."""


def worded(field: str, text: str) -> str:
    """The text without blanks around it. Raises SharingRefused."""
    said = text.strip()
    if not said:
        raise SharingRefused(f"{field} is empty")
    if len(said) > LONGEST:
        raise SharingRefused(f"{field} is longer than {LONGEST} characters")
    if holds_id_number(said):
        raise SharingRefused(f"{field} holds what could be an ID number: name the question in the log instead of the person")
    return said
