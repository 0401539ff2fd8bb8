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

    def allows(self, purpose: str) -> bool:
        """Whether an approval of this kind can be for a purpose."""
        return self is ApprovalKind.KIN_OF_STAFF or purpose == self.value


@dataclass(frozen=True, slots=True)
class ApprovalRule:
    """Departments and roles whose officers may approve, whether of another organisation too, and the days it may last; `officers_proven`:
    who asks and who decides are those their own log-in proved, not whom a system names.
    """

    departments: frozenset[str]
    roles: frozenset[str]
    other_organisations: bool
    officers_proven: bool
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
            other_organisations=row.flag("other_organisations"), officers_proven=row.flag("officers_proven"), most_days=row.count("most_days"), source=row.text("source"),
        )
        row.done()
        if rule.departments - known_departments:
            raise ParametersRefused(f"{row.where}: departments names unknown ones {sorted(rule.departments - known_departments)}")
        found[ApprovalKind(kind)] = rule
    top.done()
    return MappingProxyType(found)


def approval_rules(region: str) -> Mapping[ApprovalKind, ApprovalRule]:
    """Those of a region (6 digits): its own file in place of the national one where its folder has one."""
    own = REGIONS / region / FILE.name
    path = own if own.is_file() else FILE
    return read_approvals(f"{path.parent.name}/{path.name}", path.read_text("utf-8"))
