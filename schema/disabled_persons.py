"""残联: disability certificates."""

from __future__ import annotations

import strawberry

from policies.forms import Form, Level
from schema.facts import Facts
from schema.forms import Coded, Text
from schema.labels import FactGroup, coded, flag, plain, records, text
from schema.scalars import IsoDate

L2, L3, L4 = Level.L2, Level.L3, Level.L4


@strawberry.type(description="残疾 What the disability certificate says.")
class Disability:
    """A disability record."""

    has_certificate: bool | None = flag(L3, Form.BOOLEAN, "持残疾人证", "Whether a certificate is held.")
    category: Coded | None = coded(L3, Form.BAND, "残疾类别", "Category (GB/T 26341).", codes="1-7")
    grade: Coded | None = coded(L3, Form.BAND, "残疾等级", "Grade, 1 the most severe.", codes="1-4")
    severe: bool | None = flag(L3, Form.BOOLEAN, "重度残疾", "Grades 1 and 2; 3 for intellectual and mental (57 §8).")
    cert_no_tail: Text | None = text(L4, Form.WITHHELD, "残疾证号后4位", "Last four characters; the number holds the ID number.")
    valid_to: IsoDate | None = plain(L2, "有效期至", "Valid to.")
    rehab_subsidy: bool | None = flag(L3, Form.BOOLEAN, "康复救助", "Whether rehabilitation is subsidised.")


@strawberry.type(
    description="残疾 What the disabled persons' federation says.",
    directives=[FactGroup(code="disability", title="残疾", department="CL", source="渠县 list")],
)
class DisabilityFacts(Facts):
    """disability."""

    records: list[Disability] | None = records("残疾", "Disability records.")
