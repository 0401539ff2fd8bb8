"""审批: who may approve another officer's access, and for how long at most, as data. What no row says nobody may approve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

from policies.parameters import REGIONS, ParametersRefused, Table
from policies.purposes import PURPOSES

FILE = Path(__file__).parent / "national" / "approvals.toml"


class ApprovalKind(StrEnum):
    """What needs a second person."""

    KIN_OF_STAFF = "KIN_OF_STAFF"        # 近亲属备案 (57 §11, §20): under any purpose
    COMPLAINT_CHECK = "COMPLAINT_CHECK"  # 举报核查 (57 §37): the purpose of this name
    SPOT_CHECK = "SPOT_CHECK"            # 抽查 (渠县 A4 #28–29): the purpose of this name
    AGGREGATION = "AGGREGATION"          # 敏感聚合 (GB/T 45574): under any purpose with a line (policies/aggregation.py)

    def allows(self, purpose: str) -> bool:
        """Whether an approval of this kind can be for a purpose."""
        return self in _OF_ANY_PURPOSE or purpose == self.value


_OF_ANY_PURPOSE = frozenset({ApprovalKind.KIN_OF_STAFF, ApprovalKind.AGGREGATION})


class TwoPeople(StrEnum):
    """How it is known that who asks and who decides are two people: an id that a system names is that system's word."""

    PROVEN = "PROVEN"                                # both by their own log-in (RFC 8693)
    PROVEN_OR_TWO_SYSTEMS = "PROVEN_OR_TWO_SYSTEMS"  # or by two systems that share no key
    ASSERTED = "ASSERTED"                            # one system may name both: an exception, with its reason


@dataclass(frozen=True, slots=True)
class ApprovalRule:
    """Departments and roles whose officers may approve, whether of another organisation too, and the days it may last; `officers`: how it is
    known that they are two, and of `ASSERTED` alone the `exception`: why the region can do no better.
    """

    departments: frozenset[str]
    roles: frozenset[str]
    other_organisations: bool
    officers: TwoPeople
    exception: str
    most_days: int
    source: str


def read_approvals(file: str, text: str) -> Mapping[ApprovalKind, ApprovalRule]:
    """Rules by kind from TOML. Raises ParametersRefused."""
    top = Table.parse(file, text)
    known_departments = frozenset[str]().union(*(purpose.departments for purpose in PURPOSES.values()))
    found: dict[ApprovalKind, ApprovalRule] = {}
    for row in top.rows("approval"):
        kind = row.text("kind")
        if kind not in set(ApprovalKind) or ApprovalKind(kind) in found:
            raise ParametersRefused(f"{row.where}: {kind} is unknown or given twice")
        rule = ApprovalRule(
            departments=frozenset(row.codes("departments")), roles=frozenset(row.codes("roles")),
            other_organisations=row.flag("other_organisations"), officers=_two_people(row),
            exception=row.text("exception") if "exception" in row.names() else "", most_days=row.count("most_days"), source=row.text("source"),
        )
        row.done()
        if rule.departments - known_departments:
            raise ParametersRefused(f"{row.where}: departments names unknown ones {sorted(rule.departments - known_departments)}")
        if (rule.officers is TwoPeople.ASSERTED) is not bool(rule.exception):
            raise ParametersRefused(f"{row.where}: exception says why officers are ASSERTED, and stands beside nothing else")
        found[ApprovalKind(kind)] = rule
    top.done()
    return MappingProxyType(found)


def _two_people(row: Table) -> TwoPeople:
    said = row.text("officers")
    if said not in set(TwoPeople):
        raise ParametersRefused(f"{row.where}: officers is one of {', '.join(TwoPeople)}")
    return TwoPeople(said)


def approval_rules(region: str) -> Mapping[ApprovalKind, ApprovalRule]:
    """Those of a region (6 digits): its own file in place of the national one where its folder has one."""
    own = REGIONS / region / FILE.name
    path = own if own.is_file() else FILE
    return read_approvals(f"{path.parent.name}/{path.name}", path.read_text("utf-8"))
