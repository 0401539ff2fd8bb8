"""What is presented to the checks of domain C4: who asks, by which system, in which matter; and how a check refuses it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from hub.authorizations.matter import Letter, Matter
from hub.authorizations.reasons import Reason
from hub.caller import Caller
from hub.errors import Forbidden
from policies.emergency import EmergencyRule


@dataclass(frozen=True, slots=True)
class Requester:
    """Who the hub knows behind a client id, at this moment."""

    client: str
    organisation: str
    department: str
    region: str
    role: str
    purposes: frozenset[str]
    active: bool  # client and organisation both


@dataclass(frozen=True, slots=True)
class Presented:
    """What a check sees. `matter` is None where there is none, or where the organisation does not handle it: both look alike."""

    caller: Caller
    requester: Requester
    matter: Matter | None
    at: datetime
    person: str = ""  # basis `self`: the hub's id of the asker
    assessed: frozenset[str] = frozenset()  # purposes whose impact assessment is current (PIPL §55)
    emergency: EmergencyRule | None = None  # what the region says of follow-ups
    letters: tuple[Letter, ...] = field(init=False)  # those of the basis that are of the matter, in the basis's order

    def __post_init__(self) -> None:
        """Find the letters once for all checks."""
        known = {one.id: one for one in self.matter.letters} if self.matter is not None else {}
        found = [known.get(identifier) for identifier, _ in self.caller.basis.letters]
        object.__setattr__(self, "letters", tuple([one for one in found if one is not None]))


class NotStanding(Forbidden):
    """A check refused. `reason` is its code; the text is the same whether or not a case or letter exists. `caller` is who was
    refused, for the entry an authenticated refusal leaves in the log.
    """

    def __init__(self, reason: Reason, text: str) -> None:
        """`text` is shown to the caller."""
        super().__init__(text, code=reason.value)
        self.reason = reason
        self.caller: Caller | None = None
