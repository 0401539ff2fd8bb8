"""The purposes a question may be asked for (domain C2), as data: who, which facts, on which basis, for how long.

Every query names exactly one purpose. The table is not the decision: the Cedar rules in `national/purposes.cedar` forbid
whatever it does not list, so that a permit added later cannot reach around it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from policies.groups import CHECK_GROUPS, CONFIRMATION, GROUPS, IDENTITY
from policies.verdict import BasisKind


class PurposeKind(StrEnum):
    """What purposes have in common when it comes to telling: each kind is one row of "who is told what"."""

    REVIEW = "REVIEW"            # 审核、复核、抽查: a decision about this household rests on the facts
    AID = "AID"                  # another department's own aid
    INDICATOR = "INDICATOR"      # signs that something changed; no amounts
    EMERGENCY = "EMERGENCY"      # help first, papers after (SAL §50)
    RECOGNITION = "RECOGNITION"  # the conclusion only (SAL §42)
    ASSISTANCE = "ASSISTANCE"    # 跨区域协查: another region's facts, as its labels say
    DUPLICATE = "DUPLICATE"      # 重复享受比对
    PAYMENT = "PAYMENT"
    SELF = "SELF"                # 本人查询
    NO_FACTS = "NO_FACTS"        # log and aggregates; nothing about a person


@dataclass(frozen=True, slots=True)
class Purpose:
    """One purpose. `groups` None: all check groups. `statute_groups` are told on a statute alone; everything else of the
    purpose needs a letter. `identity` and `confirmation` belong to `groups` only where the law lets them.
    `token_days` is the lifetime the domain gives as a number, else None: it ends with the event `lifetime_zh` names.
    """

    code: str
    title_zh: str
    kind: PurposeKind
    departments: frozenset[str]
    groups: frozenset[str] | None
    legal_basis: str
    bases: frozenset[BasisKind]
    statute_groups: frozenset[str]
    token_days: int | None
    lifetime_zh: str

    def told_groups(self) -> frozenset[str]:
        """Every fact group this purpose reaches, identity included."""
        if self.kind is PurposeKind.NO_FACTS:
            return frozenset()
        named = CHECK_GROUPS | {CONFIRMATION} if self.groups is None else self.groups
        return named | {IDENTITY}

    def rests_on(self, article: str) -> bool:
        """Whether a statute a token names ("SAL §42") is one this purpose's legal basis names; "PIPL §13(4)" with its paragraph."""
        law, _, section = article.partition(" ")
        named = [part.strip() for part in self.legal_basis.split(";")]
        return any(part.partition(" ")[0] == law and section in part.partition(" ")[2].split(", ") for part in named)

    def opened_by(self, article: str) -> frozenset[str]:
        """What one of its articles opens on its own: SAL §42 the confirmation results, where another article of the row opens the rest;
        any other what the row has on a statute. A duty of local rules, which have no article here, is named as PIPL §13(3).
        """
        return self.statute_groups & {CONFIRMATION, IDENTITY} if article == RECOGNITION else self.statute_groups

    @property
    def needs_assessment(self) -> bool:
        """Whether an impact assessment must be current to use it (PIPL §55): wherever a fact about somebody is told."""
        return bool(self.told_groups())

    def covers(self, group: str) -> bool:
        """Whether a fact group is within the purpose."""
        return group in self.told_groups()


RECOGNITION = "SAL §42"
"""确认结果信息共享互认: confirmation results, and nothing else."""

_LETTER = frozenset({BasisKind.LETTER})
_STATUTE = frozenset({BasisKind.STATUTE})
_EITHER = _LETTER | _STATUTE
_REVIEWERS = "MZ MZ-HD TOWN"
_ASSISTANCE_DEPARTMENTS = "MZ MZ-HD TOWN YB JY ZJ RS YJ CL SF WJ NY TY GH FL TW HSZ CS"


def _purpose(
    code: str,
    title_zh: str,
    kind: PurposeKind,
    departments: str,
    *,
    groups: str | None,
    law: str,
    bases: frozenset[BasisKind],
    on_statute: str = "",
    days: int | None = None,
    until: str,
) -> Purpose:
    statute = frozenset(on_statute.split())
    return Purpose(
        code=code, title_zh=title_zh, kind=kind, departments=frozenset(departments.split()),
        groups=None if groups is None else frozenset(groups.split()), legal_basis=law, bases=bases,
        statute_groups=statute | {IDENTITY} if statute else statute, token_days=days, lifetime_zh=until,
    )


def _review(code: str, title_zh: str, departments: str = _REVIEWERS, *, extra: str = "", law: str, until: str) -> Purpose:
    groups = " ".join(sorted(CHECK_GROUPS | {CONFIRMATION} | set(extra.split()))) if extra else None
    return _purpose(code, title_zh, PurposeKind.REVIEW, departments, groups=groups, law=law, bases=_LETTER, until=until)


def _aid(
    code: str, title_zh: str, departments: str, *, facts: str = "", free: bool, law: str, bases: frozenset[BasisKind], until: str,
) -> Purpose:
    groups = f"{CONFIRMATION} {facts}".strip()
    return _purpose(
        code, title_zh, PurposeKind.AID, departments, groups=groups, law=law, bases=bases,
        on_statute=groups if free else CONFIRMATION, until=until,
    )


_TABLE = (
    _review("DIBAO_REVIEW", "低保审核确认", law="SAL §40–41", until="至作出决定"),
    _review("TEKUN_REVIEW", "特困认定", extra="carePersonStatus", law="SAL §40–41; TK", until="至作出决定"),
    _review("EDGE_REVIEW", "低保边缘认定", law="SAL §21, §40–41", until="至作出决定"),
    _review("RIGID_REVIEW", "刚性支出困难认定", extra="education", law="SAL §22, §40–41; RIG §5", until="至作出决定"),
    _purpose(
        "TEMP_EXPENSE_REVIEW", "支出型临时救助", PurposeKind.REVIEW, "TOWN MZ", law="SAL §40–41", bases=_LETTER,
        groups="confirmation householdRegister civilAssistance tax socialInsurance employment realEstate vehicle vessel marketEntity"
        " providentFund bankDeposit securities commercialInsurance paymentAccount medicalInsurance education fiscalSubsidy",
        until="至作出决定",
    ),
    _purpose(
        "TEMP_EMERGENCY", "急难型先行救助", PurposeKind.EMERGENCY, "TOWN MZ", groups="civilAssistance confirmation",
        law="SAL §50; PIPL §13(4)", bases=frozenset({BasisKind.EMERGENCY}), days=7, until="先行救助后补办手续",
    ),
    _review("PERIODIC_RECHECK", "定期核查/复核", law="SAL §46; 享受期间原授权书有效", until="至本次核查结束"),
    _purpose(
        "MONITORING", "动态监测预警", PurposeKind.INDICATOR, "MZ", law="SAL §10; 授权书含监测期间", bases=_EITHER,
        groups="confirmation householdRegister civilAssistance socialInsurance employment disability vehicle realEstate"
        " marketEntity marriage funeral fiscalSubsidy ruralHousehold",  # 渠县: 乡村振兴 is one of the sources that are watched
        on_statute="confirmation civilAssistance householdRegister", until="纳入监测期间",
    ),
    _aid("MEDICAL_AID", "医疗救助", "YB", facts="medicalInsurance", free=False, law="SAL §24, §42", bases=_EITHER, until="至办结"),
    _aid("EDUCATION_AID", "教育救助", "JY", facts="education", free=False, law="SAL §25, §42", bases=_EITHER, until="本学期"),
    _aid("HOUSING_AID", "住房救助", "ZJ", facts="housing realEstate", free=False, law="SAL §26, §42", bases=_EITHER, until="至办结"),
    _aid("EMPLOYMENT_AID", "就业救助", "RS", facts="employment", free=True, law="SAL §27, §42", bases=_EITHER, until="至办结"),
    _aid("DISASTER_AID", "受灾救助", "YJ", facts="disaster", free=True, law="SAL §28, §42", bases=_EITHER, until="本次灾害"),
    _aid("DISABILITY_SUBSIDY", "两项补贴", "MZ CL", facts="disability", free=True, law="PIPL §13(3); 地方规定; SAL §42", bases=_EITHER, until="当月"),
    _aid("LEGAL_JUDICIAL_AID", "司法救助/法律援助", "SF", free=True, law="SAL §36, §42", bases=_STATUTE, until="至办结"),
    _aid(
        "REFERRAL_HANDLING", "转介办理", _ASSISTANCE_DEPARTMENTS, free=False, law="原事项用途; SAL §64", bases=_EITHER,
        until="至转介办结",
    ),
    _purpose(
        "CROSS_REGION_CHECK", "跨区域协查", PurposeKind.ASSISTANCE, _REVIEWERS, groups=None, law="57 §5, §15; 授权书载明对方地区",
        bases=_LETTER, until="协议期间",
    ),
    _purpose(
        "RESULT_RECOGNITION", "结果互认", PurposeKind.RECOGNITION, _ASSISTANCE_DEPARTMENTS, groups=CONFIRMATION, law="SAL §42",
        bases=_EITHER, on_statute=CONFIRMATION, until="至办结",
    ),
    _purpose(
        "DUPLICATE_CHECK", "重复享受比对", PurposeKind.DUPLICATE, "MZ", groups="civilAssistance", law="SAL §46", bases=_LETTER,
        until="本批次",
    ),
    _purpose(
        "BENEFIT_LIVENESS", "待遇资格认证", PurposeKind.INDICATOR, "MZ", groups="householdRegister", law="待遇规定; 应用内同意",
        bases=frozenset({BasisKind.LETTER, BasisKind.SELF}), until="本次认证",
    ),
    _purpose(
        "PAYMENT", "资金发放与拦截", PurposeKind.PAYMENT, "MZ CZ", groups="civilAssistance fiscalSubsidy", law="PIPL §13(3); 法定职责; SAL §42",
        bases=_STATUTE, on_statute="civilAssistance fiscalSubsidy", until="当月",
    ),
    _review("SPOT_CHECK", "抽查", "MZ", law="渠县 (A4 #28); 授权书", until="当月"),
    # JW, SJ and DC read no facts (roles.cedar), the case's file alone, by approval. 渠县 names discipline inspection and audit as supervisors,
    # 潼南 its 督查; that they follow a complaint under this purpose is [D].
    _review("COMPLAINT_CHECK", "举报核查", "MZ JW SJ DC", law="57 §37; 授权书", until="至办结"),
    # QX22: 渠委办发〔2022〕26号, whose task 24 has dishonest applicants recorded; a region without such a rule does not enrol the purpose.
    _purpose(
        "CREDIT_RECORD", "失信记录", PurposeKind.AID, "MZ", groups="", law="地方规定; QX22 §24", bases=_STATUTE, on_statute=IDENTITY,
        until="至作出决定",
    ),
    _purpose(
        "SUBJECT_ACCESS", "本人查询", PurposeKind.SELF, "APPLICANT", groups=" ".join(GROUPS), law="PIPL §45",
        bases=frozenset({BasisKind.SELF}), until="本次会话",
    ),
    _purpose(
        "PRIVACY_AUDIT", "隐私审计", PurposeKind.NO_FACTS, "MZ MZ-HD DSJ JW SJ DC", groups="", law="PIPL §54",
        bases=frozenset({BasisKind.AUDIT}), until="—",
    ),
    _purpose("STATISTICS", "统计", PurposeKind.NO_FACTS, "MZ TJ", groups="", law="法定职责; 每组不少于5人", bases=_STATUTE, until="—"),
)


class PurposesWrong(Exception):
    """The purpose table names something that does not exist; the hub does not start with it."""


def indexed(purposes: Iterable[Purpose]) -> Mapping[str, Purpose]:
    """Purposes by code. Raises PurposesWrong on a code given twice, an unknown fact group, or a statute that reaches further
    than the purpose.
    """
    found: dict[str, Purpose] = {}
    for purpose in purposes:
        if purpose.code in found:
            raise PurposesWrong(f"purpose {purpose.code} is given twice")
        unknown = (purpose.groups or frozenset()) - GROUPS.keys()
        if unknown:
            raise PurposesWrong(f"purpose {purpose.code} names unknown fact groups {sorted(unknown)}")
        beyond = purpose.statute_groups - purpose.told_groups()
        if beyond:
            raise PurposesWrong(f"purpose {purpose.code} would tell {sorted(beyond)} on a statute, outside its own fact groups")
        found[purpose.code] = purpose
    return MappingProxyType(found)


PURPOSES: Mapping[str, Purpose] = indexed(_TABLE)
"""Every purpose of domain C2 by its code."""
