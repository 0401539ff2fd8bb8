"""Enrolment and student aid of a synthetic person: the stage of their age, aid where the household is in need."""

from __future__ import annotations

from decimal import Decimal

from connectors.sandbox.dice import Dice
from connectors.sandbox.people import Household, Person, Record
from connectors.sandbox.setting import Setting

_COLLEGES = ("渝西职业技术大学", "嘉陵师范学院", "巴渠医学高等专科学校", "两江理工大学")
_AMOUNTS = {"TUITION": (300, 1000), "STIPEND": (500, 1900), "LOAN": (3000, 8000), "FREE_MEAL": (400, 600), "OTHER": (200, 800)}


def enrolments(person: Person, household: Household, setting: Setting) -> tuple[Record, ...]:
    """教育: children from three and students; a few who left this summer are still in the register, as not enrolled."""
    dice = Dice("school", setting.seed, setting.region, person.index)
    age = person.age(setting.today)
    left = 18 <= age <= 20 and person.life != "STUDENT" and dice.chance(300)
    if not left and not (person.life == "STUDENT" or (person.life == "MINOR" and age >= 3)):
        return ()
    stage = _stage(dice, age, student=person.life == "STUDENT")
    kind = None if left else _aid(dice, stage, household)
    severe = person.disability is not None and person.disability[1] == 1
    home = not left and severe and stage in {"PRIMARY", "JUNIOR"} and dice.chance(600)
    costly = not home and not household.relief and stage != "HIGHER" and dice.chance(30)
    low, high = _AMOUNTS.get(kind or "", (0, 0))
    return (enrolment(
        stage, school(dice, stage, setting, costly=costly), enrolled=not left, kind=kind,
        amount=Decimal(dice.between(low // 50, high // 50) * 50) if kind else None, costly=costly, at_home=home,
    ),)


def _stage(dice: Dice, age: int, *, student: bool) -> str:
    if student:
        return "HIGHER"
    if age < 6:
        return "PRESCHOOL"
    if age < 12:
        return "PRIMARY"
    return "JUNIOR" if age < 15 else "VOCATIONAL" if dice.chance(400) else "HIGH"


def _aid(dice: Dice, stage: str, household: Household) -> str | None:
    """What aid somebody at this stage has: the needy nearly always, rural pupils their meal, other students a loan at times."""
    needy = household.relief in {"DIBAO", "TEKUN", "EDGE"}
    if stage in {"PRIMARY", "JUNIOR"} and household.area == "RURAL" and dice.chance(700):
        return "FREE_MEAL"
    if stage == "HIGHER":
        return dice.pick(("LOAN", "STIPEND")) if needy or dice.chance(200) else None
    if needy and dice.chance(900):
        return "TUITION" if stage in {"HIGH", "VOCATIONAL", "PRESCHOOL"} else "STIPEND"
    return "OTHER" if dice.chance(20) else None


def school(dice: Dice, stage: str, setting: Setting, *, costly: bool = False) -> str:
    """A school's name."""
    if stage == "HIGHER":
        return dice.pick(_COLLEGES)
    kind = {"PRESCHOOL": "幼儿园", "PRIMARY": "小学", "JUNIOR": "初级中学", "HIGH": "中学", "VOCATIONAL": "职业教育中心"}[stage]
    return f"{setting.name}{'私立' if costly else ''}{dice.pick(('实验', '第一', '第二', '江北', '南门'))}{kind}"


def enrolment(
    stage: str, name: str, *, enrolled: bool = True, kind: str | None = None, amount: Decimal | None = None, costly: bool = False,
    at_home: bool = False,
) -> Record:
    """One enrolment; `amount` is yuan a term."""
    return {
        "stage": stage, "schoolName": name, "enrolled": enrolled, "aidKind": kind, "aidAmount": amount, "feeChargingSchool": costly,
        "homeTeaching": at_home,
    }
