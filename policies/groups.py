"""The fact groups a purpose may name: what one department knows about a person (domain C3), with Chinese titles.

`CHECK` marks the groups of a means check: the list of SAL §41 and 57 §17, Qijiang's thirteen items, and what Quxian adds
through its department list. `INCOME_AND_PROPERTY` is the part of it a legal obligor can be checked for (SAL §41).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

IDENTITY = "identity"
"""A person's registered identity: name, ID number, sex, birth date; told from the hub's vault."""

CONFIRMATION = "confirmation"
"""审核确认结果: the conclusion another authority reached, recognised by statute (SAL §42)."""


@dataclass(frozen=True, slots=True)
class FactGroup:
    """A fact group: its code, Chinese title, the department that answers for it (domain A2), and its part in a check."""

    code: str
    title_zh: str
    department: str
    check: bool
    obligor: bool


def _group(code: str, title_zh: str, department: str, *, check: bool = True, obligor: bool = False) -> tuple[str, FactGroup]:
    return code, FactGroup(code=code, title_zh=title_zh, department=department, check=check, obligor=obligor)


GROUPS: Mapping[str, FactGroup] = MappingProxyType(dict((
    _group(IDENTITY, "身份信息", "MZ", check=False, obligor=True),
    _group(CONFIRMATION, "审核确认结果", "MZ", check=False),
    _group("householdRegister", "户籍", "GA", obligor=True),
    _group("vehicle", "车辆登记", "GA", obligor=True),
    _group("marriage", "婚姻登记", "MZ"),
    _group("funeral", "殡葬", "MZ"),
    _group("civilAssistance", "民政救助", "MZ"),
    _group("carePersonStatus", "特困/照料", "MZ", check=False),
    _group("socialInsurance", "社会保险缴纳", "RS", obligor=True),
    _group("employment", "就业", "RS"),
    _group("tax", "纳税记录", "SW", obligor=True),
    _group("marketEntity", "市场主体登记", "SCJG", obligor=True),
    _group("realEstate", "不动产登记", "GZ", obligor=True),
    _group("housing", "住房保障", "ZJ"),
    _group("providentFund", "住房公积金缴纳", "GJJ", obligor=True),
    _group("vessel", "船舶与营运车", "JT", obligor=True),
    _group("bankDeposit", "银行存款", "JR", obligor=True),
    _group("securities", "证券", "JR", obligor=True),
    _group("commercialInsurance", "商业保险", "JR", obligor=True),
    _group("paymentAccount", "支付账户", "JR", obligor=True),
    _group("medicalInsurance", "医疗保障", "YB"),
    _group("health", "健康", "WJ"),
    _group("disability", "残疾", "CL"),
    _group("fiscalSubsidy", "财政补贴(一卡通)", "CZ"),
    _group("education", "教育", "JY", check=False),
    _group("disaster", "受灾", "YJ", check=False),
    _group("ruralHousehold", "农业农村/防返贫", "NY", check=False),
    _group("justice", "司法", "SF", check=False),
    _group("veteran", "优抚", "TY", check=False),
    _group("massOrgAid", "群团帮扶", "GH", check=False),
    _group("eCert", "电子证照", "DSJ", check=False),
)))

CHECK_GROUPS: frozenset[str] = frozenset(code for code, group in GROUPS.items() if group.check)
INCOME_AND_PROPERTY: frozenset[str] = frozenset(code for code, group in GROUPS.items() if group.obligor)
