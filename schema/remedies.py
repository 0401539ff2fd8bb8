"""救济途径: where a person turns whose request was refused; what the law gives them, and whom the region names for it."""

from __future__ import annotations

from enum import StrEnum

import strawberry

from schema.labels import told


@strawberry.enum(description="救济途径类别 Where one may turn: the office that handles, the authority that protects personal information, a people's court.")
class RemedyKind(StrEnum):
    """PIPL §50, §65."""

    OFFICE = "OFFICE"
    AUTHORITY = "AUTHORITY"
    COURT = "COURT"


@strawberry.type(description="救济途径 Where a person may turn whose request was refused (PIPL §50).")
class Remedy:
    """The same for every refusal of a region."""

    kind: RemedyKind = told("类别", "Where.")
    ground: str = told("依据", "The article it rests on.")
    zh: str = told("中文", "For the citizen.")
    en: str = told("英文", "In English.")
    name: str | None = told("名称", "Whom the region names; null where it names nobody: the right stands without.")
    address: str | None = told("地址", "Where that is.")
    contact: str | None = told("联系方式", "How to reach it.")
