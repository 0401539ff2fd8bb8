"""The kinds of message, and what of each is a record of the case and what is a fact (docs/decisions/0024).

`record` names the members of a body that may stand in clear: what an organ did in a matter, when, under which code. Every other member
says something about somebody's life; it is sealed until its receiver has it. A person is named by ID number and goes to the vault.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Kind(StrEnum):
    """What a platform may push."""

    APPLICATION = "APPLICATION"
    PROGRESS = "PROGRESS"
    MONITORING = "MONITORING"
    LIVENESS = "LIVENESS"
    STAFF_STATISTICS = "STAFF_STATISTICS"
    LEAD = "LEAD"
    PAYMENT = "PAYMENT"
    PAYMENT_INTERCEPT = "PAYMENT_INTERCEPT"
    APPROVAL_RESULT = "APPROVAL_RESULT"
    ALERT = "ALERT"
    CHECK_REPORTED = "CHECK_REPORTED"


class Bound(StrEnum):
    """How a message finds the case it belongs to."""

    MATTER = "MATTER"        # by the platform's own reference; the case may not be registered yet
    REGISTERED = "REGISTERED"  # by a platform's reference; the case is registered
    RECIPIENT = "RECIPIENT"  # the live case of this person and kind of assistance
    NOTHING = "NOTHING"      # a lead, a count: no case yet, or none ever


@dataclass(frozen=True, slots=True)
class Sort:
    """One kind. `person` is the member that names somebody by ID number, "" for none; `region` the member that places it; `on_consent`
    where the citizen sends it of their own free will (PIPL §13(1)): its contents fall with the citizen's letters.
    """

    title_zh: str
    bound: Bound
    record: frozenset[str]
    person: str = ""
    region: str = ""
    on_consent: bool = False


def _sort(title_zh: str, bound: Bound, record: str, *, person: str = "", region: str = "", on_consent: bool = False) -> Sort:
    return Sort(title_zh=title_zh, bound=bound, record=frozenset(record.split()), person=person, region=region, on_consent=on_consent)


SORTS: Mapping[Kind, Sort] = MappingProxyType({
    Kind.APPLICATION: _sort(
        "救助申请", Bound.MATTER, "types channel region jurisdiction submittedAt documents proxy kinshipDisclosure evidence", person="applicant",
        region="region", on_consent=True,
    ),
    Kind.PROGRESS: _sort("办理进度", Bound.MATTER, "stage officer reason evidence"),
    Kind.MONITORING: _sort("纳入监测范围", Bound.MATTER, "state"),
    Kind.LIVENESS: _sort("待遇资格认证", Bound.REGISTERED, "", person="person", on_consent=True),
    Kind.STAFF_STATISTICS: _sort("辖区救助统计", Bound.NOTHING, "period region counts", region="region"),
    Kind.LEAD: _sort(
        "主动发现线索", Bound.NOTHING,
        "channel method region suspectedTypes personSeen situationClear outcome includedOn classification nextVisitDue", person="subject",
        region="region",
    ),
    Kind.PAYMENT: _sort("一卡通发放", Bound.RECIPIENT, "assistanceType period status paidOn", person="recipient"),
    Kind.PAYMENT_INTERCEPT: _sort("一卡通拦截", Bound.RECIPIENT, "assistanceType period interceptedOn code", person="recipient"),
    Kind.APPROVAL_RESULT: _sort(
        "部门审批结果", Bound.REGISTERED, "assistanceType result decidedOn officer reason validTo", person="person",
    ),
    Kind.ALERT: _sort("监测预警", Bound.NOTHING, "rule direction level region", person="subject", region="region"),
    Kind.CHECK_REPORTED: _sort("核对报告已出具", Bound.NOTHING, "checkNo status"),
})

SMALLEST_GROUP = 5
"""A count of fewer people than this is kept as "fewer", not as a number (domain C2 STATISTICS)."""
