"""On what somebody asked, as an entry of the log says it in one line, and what is read back out of such a line."""

from __future__ import annotations

from collections.abc import Mapping

from hub.caller import Basis


def basis_line(basis: Basis) -> str:
    """The basis in one line: "letter", "statute: SAL §42", "emergency: …", "self: " with the platform that vouches for who asks,
    and for a near relative of the dead the article they ask by.
    """
    detail = " ".join(filter(None, (basis.platform, basis.article))) or basis.reason
    return f"{basis.kind}: {detail}" if detail else str(basis.kind)


def vouched_by(rest: Mapping[str, object]) -> str:
    """The platform behind a look at one's own records, out of what `basis_line` wrote; "" for every other entry."""
    kind, _, detail = str(rest.get("basis") or "").partition(": ")
    return detail.partition(" ")[0] if kind == "self" else ""  # no platform's id has a blank; an article may stand after it
