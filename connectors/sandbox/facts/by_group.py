"""Which function makes a fact group's records of a generated person; a group of the sandbox is a line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from connectors.sandbox.facts import (
    care,
    countryside,
    enterprise,
    entitlements,
    livelihood,
    possessions,
    registers,
    relief,
    schooling,
    shelter,
    wealth,
    wellbeing,
)
from connectors.sandbox.people import Household, Person, Record
from connectors.sandbox.setting import Setting

Generator = Callable[[Person, Household, Setting], tuple[Record, ...]]
"""A person's records of one group, in standard codes and units; thrown from the population's seed alone."""

GENERATORS: Mapping[str, Generator] = {
    "householdRegister": registers.household_register,
    "vehicle": lambda person, _home, setting: registers.vehicles(person, setting),
    "tax": lambda person, _home, setting: livelihood.taxes(person, setting),
    "realEstate": possessions.real_estate,
    "socialInsurance": lambda person, _home, setting: livelihood.social_insurances(person, setting),
    "employment": lambda person, _home, setting: livelihood.employments(person, setting),
    "disability": lambda person, _home, setting: relief.certificates(person, setting),
    "civilAssistance": relief.assistances,
    "marriage": registers.marriages,
    "funeral": care.funerals,
    "carePersonStatus": care.care,
    "justice": lambda person, _home, setting: entitlements.justices(person, setting),
    "veteran": lambda person, _home, setting: entitlements.veterans(person, setting),
    "massOrgAid": entitlements.aids,
    "eCert": entitlements.certificates,
    "ruralHousehold": countryside.rural_households,
    "disaster": countryside.disasters,
    "fiscalSubsidy": countryside.subsidies,
    "bankDeposit": lambda person, _home, setting: wealth.bank_deposits(person, setting),
    "securities": lambda person, _home, setting: wealth.securities(person, setting),
    "commercialInsurance": lambda person, _home, setting: wealth.insurance_policies(person, setting),
    "paymentAccount": lambda person, _home, setting: wealth.payment_accounts(person, setting),
    "confirmation": lambda _person, home, setting: relief.confirmations(home, setting),
    "medicalInsurance": wellbeing.medical_insurances,
    "health": lambda person, _home, setting: wellbeing.healths(person, setting),
    "housing": shelter.housings,
    "providentFund": shelter.provident_funds,
    "vessel": lambda person, _home, setting: enterprise.vessels(person, setting),
    "marketEntity": lambda person, _home, setting: enterprise.market_entities(person, setting),
    "education": schooling.enrolments,
}
