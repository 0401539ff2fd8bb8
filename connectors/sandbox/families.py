"""Two hand-shaped families the demo and tests tell stories about: a family of five with an obligor, and one a neighbour confirmed.

Rules of this file:
- Indices are negative; records stand here word for word, so that a story never changes with the generator.
- The edge family is the same in every region's population: Quxian confirmed it, Tongnan is where it lives now.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from connectors.sandbox.dice import Dice
from connectors.sandbox.facts.care import funeral, kept
from connectors.sandbox.facts.countryside import disaster, payment, rural_household
from connectors.sandbox.facts.entitlements import aid, electronic, justice, veteran
from connectors.sandbox.facts.livelihood import employment, insurance, tax
from connectors.sandbox.facts.possessions import counted, property_right
from connectors.sandbox.facts.registers import vehicle
from connectors.sandbox.facts.relief import assistance, certificate, confirmation
from connectors.sandbox.facts.wealth import deposit, policy, shares, wallet
from connectors.sandbox.households import members
from connectors.sandbox.id_numbers import id_number
from connectors.sandbox.people import Household, Member, Person, Record
from connectors.sandbox.setting import Setting

DEMO = -1
EDGE = -2
QUXIAN = "511725"
TONGNAN = "500152"


def demo_household(setting: Setting) -> Household:
    """A man, his jobless wife, his disabled mother, a daughter of nine and a student son; his brother outside answers for the mother."""
    here = setting.region

    def one(index: int, name: str, sex: str, born: date, relation: str, life: str, *, home: str = here, spouse: int | None = None,
            disability: tuple[int, int] | None = None) -> Person:
        number = id_number(province=setting.province, county=0, born=born, sequence=100 - 2 * index + (1 if sex == "1" else 0))
        return Person(index=index, id_number=number, name=name, sex=sex, birth_date=born, household=DEMO, relation=relation, life=life,
                      hukou_region=home, residence_region=home, disability=disability, spouse=spouse)

    people = (
        one(-1, "陈志明", "1", date(1985, 3, 14), "02", "WORKER", spouse=-2),
        one(-2, "欧阳慧", "2", date(1988, 7, 2), "12", "JOBLESS", spouse=-1),
        one(-3, "王桂英", "2", date(1958, 1, 20), "52", "RETIRED", disability=(4, 2)),
        one(-4, "陈欣怡", "2", date(2017, 5, 30), "30", "MINOR"),
        one(-5, "陈浩", "1", date(2007, 9, 9), "20", "STUDENT"),
    )
    brother = one(-6, "陈志勇", "1", date(1981, 11, 5), "71", "CLERK", home=setting.neighbours[-2])
    return Household(
        index=DEMO, members=members(people, setting.today), area="URBAN", hukou_region=here, residence_region=here, relief="EDGE",
        obligors=(Member(person=brother, relation="71", role="OBLIGOR", capacity="FULL"),), kin_of_staff=False,
    )


def demo_records(setting: Setting, household: Household) -> dict[tuple[str, int], tuple[Record, ...]]:
    """What the departments of its region know of the demo family, by (group, index); absent means no record."""
    dice = Dice("demo family", setting.region)
    mother = household.members[2].person
    here, next_door = setting.region, setting.neighbours[-2]
    home = property_right(dice, here, use="RESIDENTIAL", area=Decimal("89.50"), share=Decimal("0.5"), on=date(2016, 8, 1), mortgaged=True)
    facts: dict[tuple[str, int], tuple[Record, ...]] = {
        ("vehicle", -1): (
            vehicle(setting, dice, kind="M21", value=Decimal("3200.00"), mobility=False, on=date(2021, 4, 12), in_use=True),
            vehicle(setting, dice, kind="K32", value=Decimal("46800.00"), mobility=False, on=date(2022, 9, 1), in_use=True),
        ),
        ("vehicle", -3): (vehicle(setting, dice, kind="N31", value=Decimal("6500.00"), mobility=True, on=date(2023, 2, 7), in_use=True),),
        ("vehicle", -6): (vehicle(setting, dice, kind="K33", value=Decimal("128000.00"), mobility=False, on=date(2024, 5, 20), in_use=True),),
        ("tax", -1): tuple(tax(setting, back, "WAGE", Decimal(2860 + 40 * (back % 2)), "涪江运输有限公司") for back in (1, 2, 3)),
        ("tax", -5): (tax(setting, 3, "LABOUR", Decimal("680.00"), "渝西电子科技有限公司"), tax(setting, 4, "LABOUR", Decimal("2400.00"), "渝西电子科技有限公司")),
        ("tax", -6): tuple(tax(setting, back, "WAGE", Decimal("8200.00"), "川东建筑工程有限公司") for back in (1, 2, 3)),
        ("realEstate", -1): counted([home]),
        ("realEstate", -2): counted([home, property_right(dice, next_door, use="RESIDENTIAL", area=Decimal("42.30"), share=Decimal(1), on=date(2019, 10, 8))]),
        ("realEstate", -6): counted([property_right(dice, next_door, use="RESIDENTIAL", area=Decimal("118.60"), share=Decimal(1), on=date(2020, 6, 15))]),
        ("socialInsurance", -1): (insurance("EMPLOYEE", here, months=9, last=setting.month(2), base=Decimal("4176.00"), employer="涪江运输有限公司"),),
        ("socialInsurance", -2): (insurance("EMPLOYEE", here, months=3, last=setting.month(9), benefit=Decimal("1470.00")),),
        ("socialInsurance", -3): (insurance("RESIDENT", here, pension=Decimal("145.00"), pension_from="2018-02"),),
        ("socialInsurance", -5): (insurance("RESIDENT", here, months=12, last=setting.month(11), base=Decimal("400.00")),),
        ("socialInsurance", -6): (insurance("EMPLOYEE", next_door, months=12, last=setting.month(1), base=Decimal("8200.00"), employer="川东建筑工程有限公司"),),
        ("employment", -1): (employment("24"),),
        ("employment", -2): (employment("70", unemployed=date(2026, 3, 2), hard="05", refused=2, subsidy=setting.month(-3)),),
        ("employment", -3): (employment("80"),),
        ("employment", -5): (employment("31"),),
        ("disability", -3): (certificate(mother, to=date(2031, 6, 30), rehab=False),),
        ("civilAssistance", -1): (assistance("TEMPORARY", "DIBAO_EDGE", "URBAN", Decimal("1800.00"), "2025-11", here, status="STOPPED", until="2025-11", stop="S9"),),
        ("civilAssistance", -3): (assistance("DISABILITY_CARE", "DISABLED_NEEDY", "URBAN", Decimal("100.00"), "2023-03", here),),
    }
    edge = confirmation("DIBAO_EDGE", setting, "URBAN", on=date(2026, 3, 18), to=date(2027, 3, 17))
    for member in household.members:
        facts["confirmation", member.person.index] = (edge,)
    married = _marriages(household, here, date(2006, 10, 1), married=(-1, -2), widowed=(-3,), divorced=(-6,))
    return {**facts, **_registers(household), **married, **_care(household, setting), **_wealth(setting)}


def _care(household: Household, setting: Setting) -> dict[tuple[str, int], tuple[Record, ...]]:
    """What the demo family was given besides: the mother cares for herself in part and buried her husband; the father a veteran, helped twice."""
    father = id_number(province=setting.province, county=0, born=date(1955, 6, 6), sequence=91)
    people = {member.person.index: member.person for member in household.members}
    cards = {-1: (("C01", date(2031, 3, 14)), ("C03", None)), -2: (("C01", date(2030, 7, 2)),), -3: (("C01", None), ("C04", date(2031, 6, 30)))}
    facts: dict[tuple[str, int], tuple[Record, ...]] = {
        ("carePersonStatus", -3): (kept(2, mode=None),),
        ("funeral", -3): (funeral(father, date(2019, 4, 2), cremated=date(2019, 4, 4), reduced=Decimal("1200.00")),),
        ("veteran", -1): (veteran("33", Decimal("720.00"), "2022-01"),),
        ("massOrgAid", -1): (aid("UNION", Decimal("2000.00"), date(2026, 1, 20), level="2"), aid("CHARITY", Decimal("3000.00"), date(2026, 5, 6), level="3")),
        ("ruralHousehold", -3): (rural_household("NONE", poor=True, land=Decimal("1.20"), subsidy=Decimal(0), dividend=Decimal("260.00"), resolved=None),),
        ("disaster", -1): (disaster(f"{setting.region}202607110101", "SLIGHT", Decimal("3600.00"), Decimal("800.00"), winter=False),),
        ("fiscalSubsidy", -3): tuple(payment("残疾人两项补贴", Decimal("100.00"), date(2026, month, 20), "6107") for month in (8, 9, 10)),
        ("justice", -2): (justice(kind="05", granted=True),),
        ("justice", -6): (justice(kind=None, granted=False, debtor=True),),
    }
    for index, held in cards.items():
        facts["eCert", index] = tuple(electronic(kind, people[index], setting, to=to) for kind, to in held)
    return facts


def _wealth(setting: Setting) -> dict[tuple[str, int], tuple[Record, ...]]:
    """What banks and the other institutions hold for the demo family."""
    return {
        ("bankDeposit", -1): (
            deposit(setting, "中国农业银行", balance=Decimal("6820.35"), accounts=2),
            deposit(setting, "重庆农村商业银行", balance=Decimal("310.00"), loan=Decimal("42000.00"), moved=True),
        ),
        ("bankDeposit", -2): (deposit(setting, "中国邮政储蓄银行", balance=Decimal("1264.80")),),
        ("bankDeposit", -3): (deposit(setting, "重庆农村商业银行", balance=Decimal("23110.06")),),
        ("bankDeposit", -6): (deposit(setting, "中国建设银行", balance=Decimal("186400.00"), accounts=3),),
        ("securities", -6): (shares(setting, Decimal("52300.00"), Decimal("10000.00")),),
        ("commercialInsurance", -1): (policy("ACCIDENT", premium=Decimal("188.00")),),
        ("commercialInsurance", -3): (policy("LIFE", premium=Decimal("1200.00"), cash=Decimal("8600.00"), linked=True),),
        ("paymentAccount", -1): (wallet(setting, "财付通支付科技有限公司", Decimal("215.43")),),
        ("paymentAccount", -2): (wallet(setting, "支付宝（中国）网络技术有限公司", Decimal("88.10"), Decimal("1500.00")),),
        ("paymentAccount", -5): (wallet(setting, "财付通支付科技有限公司", Decimal("640.00")),),
    }


def edge_household(setting: Setting) -> Household:
    """A woman, her husband and their son of 15: registered in Quxian, living in Tongnan; Quxian confirmed them 低保边缘."""
    people = tuple(
        Person(index=index, name=name, sex=sex, birth_date=born, household=EDGE, relation=relation, life=life, hukou_region=QUXIAN,
               residence_region=TONGNAN, spouse=spouse,
               id_number=id_number(province="51", county=0, born=born, sequence=900 - 2 * index + (1 if sex == "1" else 0)))
        for index, name, sex, born, relation, life, spouse in (
            (-11, "何秀兰", "2", date(1981, 12, 3), "02", "JOBLESS", -12),
            (-12, "黄建军", "1", date(1979, 2, 17), "11", "WORKER", -11),
            (-13, "黄磊", "1", date(2011, 4, 25), "20", "MINOR", None),
        )
    )
    return Household(index=EDGE, members=members(people, setting.today), obligors=(), area="RURAL", hukou_region=QUXIAN,
                     residence_region=TONGNAN, relief="EDGE", kin_of_staff=False)


def edge_records(setting: Setting, household: Household) -> dict[tuple[str, int], tuple[Record, ...]]:
    """What this region's departments know of the edge family: Quxian its register, homestead and confirmation, Tongnan its livelihood."""
    dice = Dice("edge family")
    if setting.region == QUXIAN:
        homestead = property_right(dice, QUXIAN, use="RESIDENTIAL", area=Decimal("132.00"), share=Decimal(1), on=date(2012, 5, 4), homestead=True)
        edge = confirmation("DIBAO_EDGE", setting, "RURAL", on=date(2026, 5, 20), to=date(2027, 5, 19))
        farm = rural_household("EDGE", poor=True, land=Decimal("3.20"), subsidy=Decimal("368.00"), dividend=Decimal("120.00"), resolved=False)
        flood = disaster("511725202607110101", "SLIGHT", Decimal("5200.00"), Decimal("1000.00"), winter=True)
        return {
            **{("confirmation", member.person.index): (edge,) for member in household.members},
            **{("ruralHousehold", member.person.index): (farm,) for member in household.members},
            ("disaster", -12): (flood,),
            ("fiscalSubsidy", -12): (payment("耕地地力保护补贴", Decimal("368.00"), date(2026, 6, 20), "4402"),),
            ("realEstate", -12): counted([homestead]),
            **_registers(household),
            **_marriages(household, QUXIAN, date(2008, 1, 8), married=(-11, -12), widowed=(), divorced=()),
        }
    if setting.region != TONGNAN:
        return {}
    return {
        **_registers(household, permit=date(2027, 9, 30)),
        ("tax", -12): tuple(tax(setting, back, "WAGE", Decimal("3100.00"), "潼南绿源食品有限公司") for back in (1, 2, 3)),
        ("socialInsurance", -12): (insurance("EMPLOYEE", TONGNAN, months=12, last=setting.month(1), base=Decimal("4176.00"), employer="潼南绿源食品有限公司"),),
        ("employment", -12): (employment("24"),),
        ("employment", -11): (employment("70", unemployed=date(2026, 7, 6)),),
    }


def _registers(household: Household, permit: date | None = None) -> dict[tuple[str, int], tuple[Record, ...]]:
    facts: dict[tuple[str, int], tuple[Record, ...]] = {}
    for member in household.members:
        person = member.person
        student = person.life == "STUDENT"
        facts["householdRegister", person.index] = ({
            "hukouNo": f"{person.hukou_region[2:]}{90_000_000 - household.index:08d}", "hukouRegion": person.hukou_region,
            "householdKind": "COLLECTIVE" if student else "FAMILY", "relationToHead": "81" if student else person.relation,
            "memberCount": len(household.members) - 1 if not student and household.index == DEMO else len(household.members),
            "movedInOn": date(2025, 9, 5) if student else person.birth_date, "movedOutOn": None, "cancelReason": None, "deathOn": None,
            "residencePermitValidTo": permit,
        },)
    return facts


def _marriages(
    household: Household, region: str, on: date, *, married: tuple[int, ...], widowed: tuple[int, ...], divorced: tuple[int, ...],
) -> dict[tuple[str, int], tuple[Record, ...]]:
    people = {member.person.index: member.person for member in household.everyone()}
    facts: dict[tuple[str, int], tuple[Record, ...]] = {}
    for index, status, event in [(i, "20", "MARRY") for i in married] + [(i, "30", "MARRY") for i in widowed] + [(i, "40", "DIVORCE") for i in divorced]:
        spouse = people.get(people[index].spouse or 0)
        when = on if index in married else date(1979, 12, 12) if index in widowed else date(2022, 6, 6)
        facts["marriage", index] = ({
            "maritalStatus": status, "eventType": event, "registeredOn": when, "spousePid": spouse.id_number if spouse else None,
            "registryRegion": region,
        },)
    return facts
