"""`hub fits`: whether a letter of a template lets a question be answered whole, said before anybody signs or asks.

Rules of this file:
- No rule of policy stands here. A household is made in which each class of subject a letter of the template can bring is one person, the
  checks are run on it, and the planner decides as it does for any other.
- What does not depend on the letter is not asked: every department counts as connected, and the catalogue as open unless it is given.
- The question's arguments below its roots decide what is asked: a variable not given is tried in each of its values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.authorizations.check_table import stand
from hub.authorizations.conditions import Conditions
from hub.authorizations.presentation import relation_to
from hub.authorizations.presented import NotStanding, Presented, Requester
from hub.authorizations.standing import Standing
from hub.caller import Basis, Caller
from hub.fits import Asked, Fitting, Told, fit_of, take_in
from hub.nobody import CASE, ORGANISATION, AllConnected, Class, NoHandles, household
from hub.open_variables import openings
from hub.operation import Operation
from hub.planner import Planner
from policies.engine import Policy
from policies.groups import GROUPS as FACT_GROUPS
from policies.letter_templates import LetterTemplate
from policies.verdict import BasisKind
from schema.register import GROUPS


@dataclass(frozen=True, slots=True)
class Asker:
    """Who would ask: a department of a region (12 digits), in a role of domain C5."""

    department: str
    region: str
    role: str


class Fitter:
    """Holds questions against templates under one policy. One event loop's thread only."""

    def __init__(self, policy: Policy, region: str) -> None:
        """`region` is the hub's own."""
        self._policy = policy
        self._region = region
        self._conditions = Conditions.of(region)
        self._planner = Planner(
            groups=GROUPS, policy=policy, sources=AllConnected(), handles=NoHandles(), region=region, pseudonym=lambda _: str, kept=64,
        )

    @property
    def policy_digest(self) -> str:
        """Of the policy it decides under."""
        return self._policy.digest

    async def fit(
        self, operation: Operation, template: LetterTemplate, *, purpose: str, asker: Asker, now: datetime,
        catalogue: Mapping[str, str] | None = None, variables: Mapping[str, object] | None = None, most: int | None = None,
    ) -> Fitting:
        """Raises Malformed for variables that cannot be read, TooLarge past a limit. `catalogue` is check 9 by fact group; None: everything is
        shared. `most` ways to mean the question are tried; where there are more, Malformed.
        """
        told: dict[tuple[Asked, Class], Told] = {}
        refused = ""
        try:
            households = [self._standing(template, area, purpose, asker, catalogue, now) for area in ("URBAN", "RURAL")]
        except NotStanding as refusal:
            refused = refusal.reason.value
        else:
            asks = not (operation.introspects or operation.changes)  # what does neither tells no fact
            for values in openings(operation.declared, variables or {}, self._region, most=most) if asks else ():
                question, coerced = operation.question(values)
                for standing, classes in households:
                    plan = await self._planner.of_anybody(question, coerced, standing, now)
                    take_in(told, plan, classes, self._policy.profile.aggregation.of(purpose))
                    if not plan.layout.thresholds:
                        break  # town and country differ in their standards alone
        return Fitting(
            fit_of(told.values(), refused=bool(refused)), purpose, template.code, self._policy.digest, template.digest, refused, catalogue is not None, told,
        )

    def _standing(
        self, template: LetterTemplate, area: str, purpose: str, asker: Asker, catalogue: Mapping[str, str] | None, now: datetime,
    ) -> tuple[Standing, Mapping[str, Class]]:
        matter, classes = household(template, self._region, area, now, self._conditions)
        requester = Requester(
            client=ORGANISATION, organisation=ORGANISATION, department=asker.department, region=asker.region, role=asker.role,
            purposes=frozenset({purpose}), active=True,
        )
        caller = Caller(
            organisation=ORGANISATION, department=asker.department, region=asker.region, relation=relation_to(self._region, asker.region),
            role=asker.role, client=ORGANISATION, officer="", purpose=purpose, case=CASE, token="",
            basis=Basis(BasisKind.LETTER, letters=tuple((one.id, one.hash) for one in matter.letters)), expires_at=now + timedelta(minutes=1),
        )
        shared = dict.fromkeys(FACT_GROUPS, "") if catalogue is None else catalogue
        # Whether the purpose has its impact assessment is no matter of the letter.
        return stand(Presented(caller, requester, matter, now, assessed=frozenset({purpose})), shared), classes
