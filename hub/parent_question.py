"""A question and its parts: the calls that a router's question, or an upper hub's, becomes are logged under the one id they send.

Rules of this file:
- The id decides nothing. It is the asker's own word, written beside what the token says; no check, plan or cache reads it.
- It is marked, so that it never looks like an exchange between two neighbours, whose id both hubs verified.
"""

from __future__ import annotations

import re
from dataclasses import replace

from hub.authorizations.standing import Standing
from hub.errors import Malformed

HEADER = "Parent-Question"
"""The request header a router or an upper hub gives each of a question's calls: 16 to 64 letters, digits, "-" or "_"."""

MARK = "parent:"
_ID = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)


def part_of(standing: Standing, given: str) -> Standing:
    """The standing of a call that says which question it is part of; as it was where it says nothing. Raises Malformed."""
    if not given:
        return standing
    # Fifteen digits could be somebody's ID number, and the head of an entry is shown to the asking organisation.
    if not _ID.fullmatch(given) or re.search(r"\d{15}", given):
        raise Malformed("Parent-Question is 16 to 64 letters, digits, - or _, without 15 digits in a row", code="QUESTION_ID")
    return replace(standing, caller=replace(standing.caller, exchange=MARK + given))
