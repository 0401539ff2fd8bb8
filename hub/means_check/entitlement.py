"""Who may have a check made, of whom, and who may read its report. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from hub.authorizations.matter import OUTSIDE, Letter, Matter, Member
from hub.authorizations.standing import Standing
from hub.case_file.supervision import of_report, supervises
from hub.errors import Forbidden
from policies.purposes import PURPOSES, PurposeKind
from policies.verdict import BasisKind

CHECK_BODY = "MZ-HD"
"""居民家庭经济状况核对机构: the one organ that submits checks and is told reports (渠县; SH §34)."""


@dataclass(frozen=True, slots=True)
class Entitled:
    """What a standing opens: the matter, the people a check may be made of, whether that is everybody, and their letters."""

    matter: Matter
    people: tuple[Member, ...]
    whole: bool
    letters: tuple[Letter, ...]
    approvals: tuple[str, ...] = ()  # a second person's, that a supervisor's look rests on


def entitled(standing: Standing) -> Entitled:
    """Raises `Forbidden`. A check asks every source at once, so only who signed for all of them is submitted; who did not sign,
    child or obligor, is not, and the check is then never whole (SAL §41).
    """
    caller, matter = standing.caller, standing.matter
    reviewing = PURPOSES[caller.purpose].kind is PurposeKind.REVIEW
    if matter is None or caller.department != CHECK_BODY or not reviewing or caller.basis.kind is not BasisKind.LETTER:
        raise Forbidden("a means check is the check body's, for a review, under the household's letters", code="CHECK_BODY_ONLY")
    counted = [member for member in matter.members if member.role not in OUTSIDE]
    covered = tuple(member for member in counted if _wholly(standing, member))
    if not covered:
        raise Forbidden("nobody of the household has signed for a whole check", code="SUBJECT_NOT_COVERED")
    named = {letter for member in covered for letter in standing.coverage[member.person.id].letters}
    letters = tuple(letter for letter in matter.letters if letter.id in named)
    return Entitled(matter, covered, len(covered) == len(counted), letters)


def on_file(standing: Standing, people: Collection[str]) -> Entitled:
    """Who reads a report in its case's file, whatever became of the letters since (PIPL §15); a supervisor by approval. Raises `Forbidden`."""
    matter, supervisor = standing.matter, supervises(standing)
    if matter is None or not (supervisor or standing.caller.department == CHECK_BODY):
        raise Forbidden("a report is read in its case's file by the check body that asked for it, or by approval", code="CHECK_BODY_ONLY")
    approvals = of_report(standing, people) if supervisor else ()
    return Entitled(matter, tuple(member for member in matter.members if member.person.id in people), False, (), approvals)


def _wholly(standing: Standing, member: Member) -> bool:
    coverage = standing.coverage.get(member.person.id)
    return coverage is not None and coverage.covered and coverage.groups is None
