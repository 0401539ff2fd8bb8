"""What a client presents, put together: caller, requester and matter as they are now, ready for the checks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from hub.authorizations.assessments import Assessments
from hub.authorizations.check_table import handled
from hub.authorizations.matter import Matter
from hub.authorizations.matters import Matters
from hub.authorizations.presented import Presented, Requester
from hub.authorizations.receivers import within
from hub.caller import Basis, Caller
from hub.people.handles import Handles
from policies.calendar import CHINA
from policies.emergency import emergency_rule
from policies.verdict import Relation


def relation_to(own: str, region: str) -> Relation:
    """How an organisation of a region stands to the hub's own (6 or 12 digits): inside it or around it is LOCAL."""
    own = own.ljust(12, "0")
    return Relation.LOCAL if within(region, own) or within(own, region) else Relation.NEIGHBOUR


class Presenter:
    """Makes callers of one hub's region and finds their matters."""

    def __init__(self, matters: Matters, handles: Handles, assessments: Assessments, *, region: str) -> None:
        """`region` of the hub: 6 or 12 digits; `assessments` are refreshed by who presents."""
        self._matters = matters
        self._handles = handles
        self._region = region.ljust(12, "0")
        self.assessments = assessments
        self._emergency = emergency_rule(region[:6])

    def caller(
        self, requester: Requester, *, officer: str, purpose: str, basis: Basis, case: str, groups: frozenset[str] | None,
        token: str, expires_at: datetime, allow_list_only: bool, look_ups_per_day: int,
        organisation: str = "", officer_proof: str = "",
        max_uses: int | None = None, frequency: Mapping[str, int] | None = None,
    ) -> Caller:  # fmt: skip
        """The caller as policy will see it. `organisation` is the token's own word, where there is a token."""
        return Caller(
            organisation=organisation or requester.organisation, department=requester.department, region=requester.region,
            relation=relation_to(self._region, requester.region), role=requester.role, client=requester.client, officer=officer,
            purpose=purpose, basis=basis, case=case, token=token, expires_at=expires_at, groups=groups,
            allow_list_only=allow_list_only, look_ups_per_day=look_ups_per_day, officer_proof=officer_proof,
            max_uses=max_uses, frequency=frequency or {},
        )  # fmt: skip

    def held(self, case: str) -> Matter | None:
        """A case's matter if it is in memory; no waiting."""
        return self._matters.held(case) if case else None

    async def matter(self, case: str) -> Matter | None:
        """A case's matter, from memory where it is there."""
        return await self._matters.load(case) if case else None

    async def case(self, platform: str, reference: str) -> str:
        """The id of a case by its platform's own number; "" where there is none."""
        return await self._matters.case(platform, reference)

    async def matter_anew(self, case: str) -> Matter | None:
        """A case's matter, read now: a platform may have registered it a moment ago."""
        return await self._matters.reload(case) if case else None

    def present(self, caller: Caller, requester: Requester, matter: Matter | None, at: datetime) -> Presented:
        """A matter the organisation does not handle is presented as none."""
        person = ""
        if caller.basis.person:
            decoded = self._handles.decode(caller.basis.person, kind="per", organisation=caller.organisation, case=caller.case)
            person = str(decoded) if decoded else ""
        return Presented(
            caller, requester, handled(matter, requester.organisation), at, person,
            assessed=self.assessments.current(at.astimezone(CHINA).date()), emergency=self._emergency,
        )
