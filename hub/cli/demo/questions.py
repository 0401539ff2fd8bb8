"""The questions the demonstration asks, as any client would write them."""

from __future__ import annotations

_PROVENANCE = "status asOf source { department system } disclosure { fields { field form reason } }"
_FACTS = f"""
    householdRegister {{ {_PROVENANCE} records {{ hukouRegion householdKind relationToHead memberCount movedInOn }} }}
    vehicle {{ {_PROVENANCE} records {{ plateNo {{ full masked }} useNature vehicleType registeredOn value {{ yuan band }} }} }}
    tax {{ {_PROVENANCE} records {{ month incomeKind income {{ yuan band atLeast(threshold: LOW_INCOME_STANDARD) }} }} }}
    realEstate {{ {_PROVENANCE} records {{ region use areaSqm {{ value band unit }} propertyCount {{ value any }} }} }}
    socialInsurance {{ {_PROVENANCE} records {{ scheme insuredMonths12 contributionBase {{ yuan band }} pensionMonthly {{ yuan band }} }} }}
    employment {{ {_PROVENANCE} records {{ employmentCode registeredUnemployedOn refusedOffers {{ value any }} }} }}
    disability {{ {_PROVENANCE} records {{ hasCertificate category {{ label group }} grade {{ label group }} severe certNoTail {{ full masked }} }} }}
    civilAssistance {{ {_PROVENANCE} records {{ type category status monthlyAmount {{ yuan band }} }} }}
    marriage {{ {_PROVENANCE} records {{ maritalStatus registeredOn spousePid {{ known }} }} }}
    funeral {{ {_PROVENANCE} records {{ deceasedPid {{ known }} deathOn {{ year }} feeReduced reducedAmount {{ yuan band }} }} }}
    confirmation {{ {_PROVENANCE} records {{ category confirmedOn validTo status }} }}
    medicalInsurance {{ {_PROVENANCE} records {{ scheme outOfPocket12m {{ yuan band }} medicalAidPaid {{ yuan band }} premiumAid }} }}
    health {{ {_PROVENANCE} records {{ seriousIllness illnessCategory {{ label any }} paralysisMonths {{ value any }} }} }}
    housing {{ {_PROVENANCE} records {{ publicRental perCapitaArea {{ value band }} dangerLevel }} }}
    providentFund {{ {_PROVENANCE} records {{ status balance {{ yuan band }} lastDepositMonth }} }}
    vessel {{ {_PROVENANCE} records {{ kind tonnage value {{ yuan band }} }} }}
    marketEntity {{ {_PROVENANCE} records {{ entityName role {{ label any }} status shareRatio {{ value band }} }} }}
    fiscalSubsidy {{ {_PROVENANCE} records {{ program amount {{ yuan band }} paidOn accountTail {{ full masked }} intercepted }} }}
    education {{ {_PROVENANCE} records {{ stage schoolName {{ full masked }} enrolled aidAmount {{ yuan band }} }} }}
"""
_MEMBER = f"relation role capacity coverage {{ covered reason }} person {{ id name {{ masked }} {_FACTS} }}"

FAMILY = f"""query Family($case: ID!) {{
  case(id: $case) {{ reference assistanceType household {{ area members {{ {_MEMBER} }} obligors {{ {_MEMBER} }} }} }}
}}"""

BANKS = """query Banks($case: ID!) {
  case(id: $case) { household { members { relation person { name { masked }
    bankDeposit { status asOf expectedAt records { institution { masked } accountCount { value } totalBalance { yuan band } } } } } } }
}"""

SHORT = """query Short($case: ID!) {
  case(id: $case) { household { members { relation coverage { covered reason } person {
    name { masked } tax { status records { month income { band } } } vehicle { status records { useNature } }
    confirmation { status records { category confirmedOn status } } } } } }
}"""

RECOGNITION = """query Recognition($case: ID!, $region: RegionCode!) {
  case(id: $case) { household { members { relation person { name { masked }
    confirmation(region: $region) { status asOf source { region system } disclosure { fields { field form reason } }
      records { category region issuer confirmedOn validTo status proof } } } } } }
}"""

LOG = """query Log($first: Int!) {
  accessLog(first: $first) { edges { node { index kind at organisation officer purpose decision reason departments
    basis { __typename ... on StatuteBasis { article } ... on LetterBasis { letters { id } } } subjects } } }
}"""
