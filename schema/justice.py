"""司法: legal aid, judicial aid, and what courts and prisons report to the justice bureau."""

from __future__ import annotations

import strawberry

from policies.forms import Form, Level
from schema.facts import Facts
from schema.forms import Amount, Coded
from schema.labels import FactGroup, amount, coded, flag, records

L3, L4 = Level.L3, Level.L4


@strawberry.type(description="司法 What the justice bureau knows of one person.")
class Justice:
    """A person's record."""

    legal_aid_kind: Coded | None = coded(L3, Form.WITHHELD, "法律援助类别", "Matter of the legal aid.", codes="LEGAL_AID_KIND")
    legal_aid_granted: bool | None = flag(L3, Form.BOOLEAN, "法律援助批准", "Whether legal aid was granted.")
    judicial_aid_paid: Amount | None = amount(L3, Form.BAND, "司法救助金额", "Judicial aid paid.")
    serving_sentence: bool | None = flag(L4, Form.BOOLEAN, "服刑", "Serving a sentence in prison: no member of the household (57 §7).")
    dishonest_debtor: bool | None = flag(L3, Form.BOOLEAN, "失信被执行人", "Whether listed as a dishonest judgment debtor.")


@strawberry.type(
    description="司法 What the justice bureau says.",
    directives=[FactGroup(code="justice", title="司法", department="SF", source="綦江 10")],
)
class JusticeFacts(Facts):
    """justice."""

    records: list[Justice] | None = records("司法", "Records of justice.")
