"""证件号码不入文本: refuses a document that holds an ID number, before it is cached, compared, hashed into a log or shown in an error.

Rules of this file:
- Fifteen digits in a row are refused wherever they stand: string, number, name, comment. An ID number has 15 or 18, a disability
  certificate 20 that begin with one; the schema has no number as long. The check digit is not consulted: one wrong digit still names a person.
- Strings are looked at once more after parsing, where escapes are resolved and digits may be parted by blanks or dashes.
- The message never repeats what was found.
"""

from __future__ import annotations

import re

from graphql import DocumentNode, StringValueNode, Visitor, visit

from hub.errors import Malformed
from schema.scalars import HELD_NUMBER

_RUN = re.compile(r"\d{15}")


def refuse_in_text(text: str) -> None:
    """Malformed if the document's text holds a run of digits as long as an ID number; any Unicode digit counts."""
    if _RUN.search(text):
        raise _refused()


def refuse_in_strings(document: DocumentNode) -> None:
    """Malformed if a string of the parsed document does, with escapes resolved and separators ignored."""
    visit(document, _Strings())


def holds_id_number(text: str) -> bool:
    """Whether a text holds digits as long as an ID number, parted or not."""
    return bool(HELD_NUMBER.search(text))


def _refused() -> Malformed:
    return Malformed("a document may not hold an ID number; send it in a variable", code="ID_NUMBER_IN_DOCUMENT")


class _Strings(Visitor):
    """Looks at every string value."""

    def enter_string_value(self, node: StringValueNode, *_: object) -> None:
        """Called by graphql-core."""
        if holds_id_number(node.value):
            raise _refused()
