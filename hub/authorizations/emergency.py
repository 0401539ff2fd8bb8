"""先行救助, part of check 5: whether an emergency may be opened or asked under (SAL §50, PIPL §13(4)). Pure.

Identity and existing benefits are all it opens; papers follow. An organisation that lets them run past their day asks for nobody of
that case in an emergency any more, whether or not the upkeep has noted it yet.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime

from hub.authorizations.matter import Matter
from hub.authorizations.reasons import Reason
from hub.caller import Caller
from hub.operations.literals import holds_id_number
from policies.calendar import CHINA
from policies.emergency import EmergencyRule


def emergency(caller: Caller, matter: Matter | None, rule: EmergencyRule | None, at: datetime) -> tuple[Reason, str] | None:
    """Why an emergency question is refused; None where it is not. The text tells nothing of the reason given."""
    if rule is None:
        return Reason.FOLLOW_UP_DEADLINE_MISSING, "the region states no deadline for the papers that follow an emergency"
    reason = caller.basis.reason.strip()
    # Letters, figures and signs somebody sees: blanks, and what turns or hides a line, tell the officer who looks at it afterwards nothing.
    if not reason.isprintable() or sum(one.isalnum() for one in unicodedata.normalize("NFKC", reason)) < rule.reason_characters:
        return Reason.EMERGENCY_REASON, f"the reason of an emergency has at least {rule.reason_characters} letters, and stands in one line"
    if holds_id_number(reason):
        # The reason stands in the log, where people are named by pseudonym alone.
        return Reason.EMERGENCY_REASON, "the reason of an emergency holds no ID number"
    today = at.astimezone(CHINA).date()
    owed = matter.follow_ups if matter is not None else ()
    if any(one.organisation == caller.organisation and (one.escalated or today > one.due) for one in owed):
        return Reason.FOLLOW_UP_OVERDUE, "the papers of an earlier emergency in this case are overdue"
    return None
