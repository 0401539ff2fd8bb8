"""What the departments of health, housing, business and education know of the two hand-shaped families (see `families.py`)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from connectors.sandbox.dice import Dice
from connectors.sandbox.facts.enterprise import entity, vessel
from connectors.sandbox.facts.schooling import enrolment
from connectors.sandbox.facts.shelter import fund, housing
from connectors.sandbox.facts.wellbeing import Illness, health, medical
from connectors.sandbox.families import TONGNAN
from connectors.sandbox.people import Record
from connectors.sandbox.setting import Setting

Records = dict[tuple[str, int], tuple[Record, ...]]


def demo_records(setting: Setting) -> Records:
    """The demo family: the mother's stroke took her savings, the student has a loan and is insured at his college, the wife's
    snack bar is closed; the brother next door has a fishing boat and a share in his employer.
    """
    here, next_door, settled = setting.region, setting.neighbours[-2], date(2026, 11, 15)
    dice = Dice("demo family businesses", here)
    stroke = Illness("IX", serious=True, rare=False, paralysed=8)
    return {
        ("medicalInsurance", -1): (medical("EMPLOYEE", here, own=Decimal("642.10"), stays=0, premium_aid=False, settled=settled),),
        ("medicalInsurance", -2): (medical("RESIDENT", here, own=Decimal("318.00"), stays=0, premium_aid=True, settled=settled),),
        ("medicalInsurance", -3): (medical("RESIDENT", here, own=Decimal("28640.55"), stays=3, catastrophic=Decimal("9120.00"), aid=Decimal("4296.10"),
                                           premium_aid=True, settled=settled),),
        ("medicalInsurance", -4): (medical("RESIDENT", here, own=Decimal("96.50"), stays=0, premium_aid=True, settled=settled),),
        ("medicalInsurance", -6): (medical("EMPLOYEE", next_door, premium_aid=False, settled=None),),
        ("health", -3): (health(stroke, medication=True),),
        ("housing", -1): (housing(each=Decimal("17.90")),),
        ("providentFund", -1): (fund("SEALED", balance=Decimal("6264.00"), last=setting.month(2), reason="HOUSE"),),
        ("providentFund", -6): (fund("NORMAL", deposit=Decimal("1968.00"), balance=Decimal("41328.00"), last=setting.month(1)),),
        ("vessel", -6): (vessel(dice, setting, "FISHING", tonnage=Decimal("3.2"), on=date(2014, 3, 3), value=Decimal("8000.00")),),
        ("marketEntity", -2): (entity(dice, "2", "慧慧小吃店", "OWNER", capital=Decimal(2), on=date(2019, 4, 8), status="CANCELLED"),),
        ("marketEntity", -6): (entity(dice, "1", "川东建筑工程有限公司", "SHAREHOLDER", capital=Decimal(500), share=Decimal("0.08"), on=date(2011, 6, 1)),),
        ("education", -4): (enrolment("PRIMARY", f"{setting.name}实验小学"),),
        ("education", -5): (enrolment("HIGHER", "渝西职业技术大学", kind="LOAN", amount=Decimal(6000)),),
    }


def edge_records(setting: Setting) -> Records:
    """The edge family, known where it lives: insured, the son at a grammar school with his fees waived."""
    if setting.region != TONGNAN:
        return {}
    settled = date(2026, 11, 15)
    return {
        ("medicalInsurance", -11): (medical("RESIDENT", TONGNAN, own=Decimal("1204.30"), stays=1, premium_aid=True, settled=settled),),
        ("medicalInsurance", -12): (medical("EMPLOYEE", TONGNAN, own=Decimal("210.00"), stays=0, premium_aid=False, settled=settled),),
        ("medicalInsurance", -13): (medical("RESIDENT", TONGNAN, own=Decimal(0), stays=0, premium_aid=True, settled=settled),),
        ("housing", -11): (housing(rental=True, difficult=True),),
        ("education", -13): (enrolment("HIGH", "重庆市潼南区第一中学", kind="TUITION", amount=Decimal(800)),),
    }
