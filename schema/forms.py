"""形式类型: the types whose weaker forms may be told where the value may not; one a kind of value (policies/forms.py names the leaves)."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

import strawberry

from policies.forms import Kind
from schema.labels import asked, told
from schema.scalars import Band, DecimalText, IsoDate, YuanDecimal


@strawberry.enum(description="阈值 A threshold the region's policy names; no caller chooses a number, so that asking often adds up to nothing.")
class Threshold(StrEnum):
    """The named thresholds (domain B15): the region and the household's area fix the yuan."""

    LOW_INCOME_STANDARD = "LOW_INCOME_STANDARD"
    EDGE_RATIO = "EDGE_RATIO"
    ASSET_LIMIT = "ASSET_LIMIT"


@strawberry.type(description="文本 A name or number, in full or masked.")
class Text:
    """TEXT."""

    full: str | None = told("全文", "The text itself.")
    masked: str | None = told("脱敏", "The text masked by the region's profile.")


@strawberry.type(description="金额 Money: exact, as a band, or against a named threshold.")
class Amount:
    """AMOUNT."""

    yuan: YuanDecimal | None = told("金额(元)", "The exact amount in yuan.")
    band: Band | None = told("区间", "The band the amount falls into.")

    @asked("是否达到阈值", "Whether the amount reaches a threshold of the region's policy.")
    def at_least(self, threshold: Threshold) -> bool | None:
        """Declared with its argument; answered by the hub's own road."""
        raise NotImplementedError(threshold)


@strawberry.type(description="数量 A count or measure: exact, as a band, or whether there is any.")
class Quantity:
    """QUANTITY."""

    value: DecimalText | None = told("数值", "The exact number.")
    unit: str = told("单位", "The unit of value and band.")
    band: Band | None = told("区间", "The band the number falls into.")
    any: bool | None = told("是否有", "Whether the number is above zero.")


@strawberry.type(description="日期 A day: exact, its year, or whether there is one.")
class Dated:
    """DATED."""

    on: IsoDate | None = told("日期", "The exact day.")
    year: int | None = told("年份", "Its year.")
    known: bool | None = told("是否有", "Whether there is such a day.")


@strawberry.type(description="代码 A code: exact with its label, its group, or whether there is one.")
class Coded:
    """CODED."""

    code: str | None = told("代码", "The code.")
    label: str | None = told("名称", "What the code means, in Chinese.")
    listed: bool | None = told("在代码表内", "Whether its code list holds the code; one it does not hold is told as the source sent it, without label.")
    group: str | None = told("大类", "The wider class the code belongs to.")
    any: bool | None = told("是否有", "Whether there is a code at all.")


@strawberry.type(description="假名 A person a source names, by a pseudonym of this purpose; never to be followed.")
class Pseudonym:
    """PSEUDONYM."""

    pid: str | None = told("假名标识", "Differs per purpose, so that answers cannot be joined across purposes.")
    known: bool | None = told("是否有", "Whether the source names anybody.")


FORM_TYPES = MappingProxyType({
    "Text": Kind.TEXT, "Amount": Kind.AMOUNT, "Quantity": Kind.QUANTITY, "Dated": Kind.DATED, "Coded": Kind.CODED, "Pseudonym": Kind.PSEUDONYM,
})
"""GraphQL type name -> kind, of the form-bearing types."""
