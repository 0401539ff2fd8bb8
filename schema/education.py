"""教育: enrolment and student aid."""

from __future__ import annotations

import strawberry

from policies.forms import Form, Level
from schema.facts import Facts
from schema.forms import Amount, Text
from schema.labels import FactGroup, amount, flag, plain, records, text

L2, L3 = Level.L2, Level.L3


@strawberry.type(description="学籍 One person's enrolment and the aid that goes with it.")
class Education:
    """An enrolment."""

    stage: str | None = plain(L2, "学段", "Stage of education.", codes="PRESCHOOL/PRIMARY/JUNIOR/HIGH/VOCATIONAL/HIGHER")
    school_name: Text | None = text(L3, Form.MASKED, "学校", "School.")
    enrolled: bool | None = plain(L2, "在籍", "Whether enrolled; an adult full-time student stays a member (57 §7).")
    aid_kind: str | None = plain(L2, "资助项目", "Kind of student aid.", codes="TUITION/STIPEND/LOAN/FREE_MEAL/OTHER")
    aid_amount: Amount | None = amount(L3, Form.BAND, "资助金额", "Student aid a term; a scholarship is no income.", unit="yuan/term")
    fee_charging_school: bool | None = flag(L3, Form.BOOLEAN, "高收费学校", "Whether a school of high fees (57 §17, auxiliary).")
    home_teaching: bool | None = plain(L2, "送教上门", "Whether taught at home.")


@strawberry.type(
    description="教育 What the education authority says.",
    directives=[FactGroup(code="education", title="教育", department="JY", source="A2")],
)
class EducationFacts(Facts):
    """education."""

    records: list[Education] | None = records("学籍", "Enrolments.")
