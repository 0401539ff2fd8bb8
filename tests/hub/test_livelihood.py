"""Medical insurance, health, housing, provident fund, ships, businesses and schools on the hub's own road: who is told what, and what is asked for it."""

from __future__ import annotations

import pytest

from tests.hub.living import Living, people
from tests.hub.test_promises import BROTHER, CHILD, HEAD, MOTHER, STUDENT, WIFE

pytestmark = pytest.mark.asyncio(loop_scope="session")

FACTS = """
  medicalInsurance { status records { scheme outOfPocket12m { yuan band } inpatientCount12m { value any } premiumAid settlementAsOf } }
  health { status records { seriousIllness illnessCategory { code label group any } paralysisMonths { value band } longTermMedication } }
  housing { status records { publicRental perCapitaArea { value unit band } dangerLevel } }
  providentFund { status records { status balance { yuan band } lastDepositMonth withdrawReason { code label } } }
  vessel { status records { registryNo { full masked } kind tonnage value { yuan } } }
  marketEntity { status records { uscc entityName role { code label } registeredCapital shareRatio { value band } status } }
  education { status records { stage schoolName { full masked } enrolled aidKind aidAmount { yuan band } } }
"""
QUESTION = f"""query($id: ID!) {{ case(id: $id) {{ household {{
  members {{ relation person {{ {FACTS} }} }} obligors {{ relation person {{ {FACTS} }} }} }} }} }}"""


def columns(living: Living, department: str) -> set[str]:
    return {column for entry in living.government.journal(department).entries for column in entry["columns"]}


async def test_the_check_body_is_told_one_life_by_six_departments(living, signed_matter):
    reply = await living.ask(signed_matter, QUESTION)
    assert reply.status == 200, reply.raw
    told = people(reply)
    assert told[MOTHER]["medicalInsurance"]["records"] == [{
        "scheme": "RESIDENT", "outOfPocket12m": {"yuan": "28640.55", "band": "[20000,50000)"}, "inpatientCount12m": {"value": "3", "any": True},
        "premiumAid": True, "settlementAsOf": "2026-11-15",
    }]
    assert told[HEAD]["housing"]["records"] == [
        {"publicRental": False, "perCapitaArea": {"value": "17.90", "unit": "m²/person", "band": "[0,30)"}, "dangerLevel": "NONE"},
    ]
    assert told[HEAD]["providentFund"]["records"] == [{
        "status": "SEALED", "balance": {"yuan": "6264.00", "band": "[5000,20000)"}, "lastDepositMonth": "2026-09",
        "withdrawReason": {"code": "HOUSE", "label": "购建房"},
    }]
    [shop] = told[WIFE]["marketEntity"]["records"]
    assert (shop["entityName"], shop["role"], shop["status"]) == ("慧慧小吃店", {"code": "OWNER", "label": "个体工商户经营者"}, "CANCELLED")
    assert told[HEAD]["vessel"]["status"] == told[HEAD]["health"]["status"] == "NO_RECORD"


async def test_what_somebody_is_ill_with_is_told_to_nobody_and_that_they_are_to_the_check_body(living, signed_matter):
    told = people(await living.ask(signed_matter, QUESTION))
    assert told[MOTHER]["health"]["records"] == [{
        "seriousIllness": True, "illnessCategory": {"code": None, "label": None, "group": None, "any": True},
        "paralysisMonths": {"value": "8", "band": "[6,12)"}, "longTermMedication": True,
    }]
    assert "循环系统" not in str(told)


async def test_an_obligor_is_asked_about_property_and_never_about_health_or_insurance(living, signed_matter):
    told = people(await living.ask(signed_matter, QUESTION))
    brother = {group: facts["status"] for group, facts in told[BROTHER].items()}
    assert brother == {
        "providentFund": "MATCHED", "vessel": "MATCHED", "marketEntity": "MATCHED",
        "medicalInsurance": "NOT_COVERED", "health": "NOT_COVERED", "housing": "NOT_COVERED", "education": "CATALOG_DENIED",
    }
    asked = {code: {len(entry["subjects"]) for entry in living.government.journal(code).entries} for code in ("GJJ", "WJ", "YB", "ZJ")}
    assert max(asked["GJJ"]) == 6 or sum(asked["GJJ"]) == 6
    assert all(sum(sizes) <= 5 for code, sizes in asked.items() if code != "GJJ")


async def test_a_school_is_told_to_the_education_bureau_by_letter_and_to_no_review_of_dibao(living, signed_matter):
    reviewed = people(await living.ask(signed_matter, QUESTION))
    assert {person["education"]["status"] for person in reviewed.values()} == {"CATALOG_DENIED"}
    assert not living.government.journal("JY").entries
    matter = await living.register(organisations=("jy",), purposes=("EDUCATION_AID",), assistance="EDUCATION")
    token = await living.token(matter, "jy", purpose="EDUCATION_AID")
    told = people(await living.line.ask(token, QUESTION, {"id": matter.id}))
    assert told[STUDENT]["education"]["records"] == [{
        "stage": "HIGHER", "schoolName": {"full": None, "masked": "渝西***"}, "enrolled": True, "aidKind": "LOAN",
        "aidAmount": {"yuan": None, "band": "[5000,20000)"},
    }]
    assert told[CHILD]["education"]["status"] == "MATCHED"
    assert told[HEAD]["education"]["status"] == "NO_RECORD"
    assert {told[STUDENT][group]["status"] for group in ("medicalInsurance", "health", "providentFund")} == {"CATALOG_DENIED"}


async def test_where_the_fund_computes_the_band_the_balance_is_not_asked_for(living, signed_matter):
    document = "query($id: ID!) { case(id: $id) { household { members { relation person { providentFund { records { balance { band } } } } } } } }"
    told = people_of(await living.ask(signed_matter, document))
    assert told[HEAD]["providentFund"]["records"] == [{"balance": {"band": "[5000,20000)"}}]
    assert columns(living, "GJJ") == {"yeqj"}


def people_of(reply) -> dict[str, dict]:
    return {one["relation"]: one["person"] for one in reply.body["data"]["case"]["household"]["members"]}
