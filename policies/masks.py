"""Masks of names and numbers (domain B7 [D]): one function a field's shape and profile; adding a rule is adding one function.

A mask keeps what it names and nothing else. A value that does not have the shape a mask expects becomes `***`: a department
that puts an ID number into a name field must not get it through the name's mask. Masks are one-way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType

Mask = Callable[[str], str]

HIDDEN = "***"
"""What stands where nothing may be kept."""


class MaskProfile(StrEnum):
    """STANDARD for another department of the region, STRICT across regions and for auditors."""

    STANDARD = "STANDARD"
    STRICT = "STRICT"


_HAN = "\u3400-\u9fff\U00020000-\U000323af"
_NAME = re.compile(f"[{_HAN}]{{2,6}}")
_DOTTED_NAME = re.compile(f"[{_HAN}]{{1,15}}(?:·[{_HAN}]{{1,15}})+")
_ID_NUMBER = re.compile(r"\d{17}[\dX]", re.ASCII)
_PLATE = re.compile(f"([{_HAN}])([A-Z])[A-Z0-9]{{4,6}}[A-Z0-9{_HAN}]")
_ORGANISATION = re.compile(f"[{_HAN}A-Za-z0-9（）()·]{{4,60}}")
_REGISTER_NUMBER = re.compile(r"[A-Z0-9]{6,20}", re.ASCII)
_TAIL = re.compile(r"[A-Z0-9]{4}", re.ASCII)

COMPOUND_SURNAMES: frozenset[str] = frozenset({
    "欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "令狐",
    "慕容", "司徒", "夏侯", "宇文", "长孙", "申屠", "端木", "南宫", "西门",
    "轩辕", "钟离", "闾丘", "澹台", "淳于", "濮阳", "鲜于", "呼延",
})
"""复姓 of two characters, kept whole."""


def _surname(name: str) -> str:
    return name[:2] if len(name) > 2 and name[:2] in COMPOUND_SURNAMES else name[0]


def name_standard(name: str) -> str:
    """张三丰 → 张**, 欧阳修 → 欧阳*, 阿依古丽·买买提 → 阿***."""
    if _DOTTED_NAME.fullmatch(name):
        return name[0] + HIDDEN
    if not _NAME.fullmatch(name):
        return HIDDEN
    kept = _surname(name)
    return kept + "*" * (len(name) - len(kept))


def name_strict(name: str) -> str:
    """张三丰 → 张*: one star, so that the length is hidden too."""
    if _DOTTED_NAME.fullmatch(name):
        return name[0] + "*"
    return _surname(name) + "*" if _NAME.fullmatch(name) else HIDDEN


def id_number_standard(number: str) -> str:
    """First 6 and last 4 characters."""
    return number[:6] + "*" * 8 + number[-4:] if _ID_NUMBER.fullmatch(number) else HIDDEN


def id_number_strict(number: str) -> str:
    """First and last character."""
    return number[0] + "*" * 16 + number[-1] if _ID_NUMBER.fullmatch(number) else HIDDEN


def plate_standard(plate: str) -> str:
    """渝A12348 → 渝A***8."""
    found = _PLATE.fullmatch(plate)
    return found[1] + found[2] + HIDDEN + plate[-1] if found else HIDDEN


def plate_strict(plate: str) -> str:
    """渝A12348 → 渝***: the province alone."""
    found = _PLATE.fullmatch(plate)
    return found[1] + HIDDEN if found else HIDDEN


def organisation_standard(name: str) -> str:
    """First two characters of an employer's or withholding agent's name [D]."""
    return name[:2] + HIDDEN if _ORGANISATION.fullmatch(name) else HIDDEN


def organisation_strict(name: str) -> str:
    """First character [D]: enough to see that two records name different employers, sometimes."""
    return name[0] + HIDDEN if _ORGANISATION.fullmatch(name) else HIDDEN


def register_number_standard(number: str) -> str:
    """Last two characters of a number of the household register or a register of ships [D]."""
    return HIDDEN + number[-2:] if _REGISTER_NUMBER.fullmatch(number) else HIDDEN


def tail_standard(tail: str) -> str:
    """Last two of the last four characters of a certificate or account number [D]."""
    return "**" + tail[-2:] if _TAIL.fullmatch(tail) else HIDDEN


def nothing(_: str) -> str:
    """Nothing kept."""
    return HIDDEN


_NAME_MASK = (name_standard, name_strict)
_ORGANISATION_MASK = (organisation_standard, organisation_strict)
_TAIL_MASK = (tail_standard, nothing)

MASKS: Mapping[tuple[str, str], tuple[Mask, Mask]] = MappingProxyType({
    ("identity", "name"): _NAME_MASK,
    ("identity", "idNumber"): (id_number_standard, id_number_strict),
    ("householdRegister", "hukouNo"): (register_number_standard, nothing),
    ("vehicle", "plateNo"): (plate_standard, plate_strict),
    ("socialInsurance", "employerName"): _ORGANISATION_MASK,
    ("tax", "withholdingAgent"): _ORGANISATION_MASK,
    ("bankDeposit", "institution"): _ORGANISATION_MASK,
    ("paymentAccount", "institution"): _ORGANISATION_MASK,
    ("realEstate", "certNoTail"): _TAIL_MASK,
    ("fiscalSubsidy", "accountTail"): _TAIL_MASK,
    ("eCert", "certNoTail"): _TAIL_MASK,
    ("carePersonStatus", "institutionName"): _ORGANISATION_MASK,
    ("education", "schoolName"): _ORGANISATION_MASK,
    ("vessel", "registryNo"): (register_number_standard, nothing),
    # its last two digits are category and grade, so not even a tail of the tail may stand
    ("disability", "certNoTail"): (nothing, nothing),
})
"""The masks of each text field, STANDARD then STRICT. A text field this table does not name is told as `***`."""


def mask(group: str, field: str, profile: MaskProfile) -> Mask:
    """The mask of a text field under a profile; one that keeps nothing for a field without a rule."""
    standard, strict = MASKS.get((group, field), (nothing, nothing))
    return standard if profile is MaskProfile.STANDARD else strict
