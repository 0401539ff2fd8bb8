"""Whom a citizen's token is about, once the hub let them in: the person, under every name the hub has for them, and the relative of the dead who asks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Oneself:
    """The token's person: id of the hub, handle of the token, pseudonym of the log, the cases they belong to. `relative` is the pseudonym of
    the near relative who asks of the dead (PIPL §49), "" where the person lives.
    """

    id: str
    handle: str
    subject: str
    cases: tuple[str, ...]
    relative: str = ""

    @property
    def dead(self) -> bool:
        """Whether a relative asks."""
        return bool(self.relative)
