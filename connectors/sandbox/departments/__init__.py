"""The departments that are data: each a dialect, served by one of two servers. A department is added here and in its own file."""

from __future__ import annotations

from connectors.sandbox.departments.certificate_platform import CERTIFICATE_PLATFORM
from connectors.sandbox.departments.education_bureau import EDUCATION_BUREAU
from connectors.sandbox.departments.health_commission import HEALTH_COMMISSION
from connectors.sandbox.departments.housing_bureau import HOUSING_BUREAU
from connectors.sandbox.departments.human_resources import HUMAN_RESOURCES
from connectors.sandbox.departments.justice_bureau import JUSTICE_BUREAU
from connectors.sandbox.departments.market_regulation import MARKET_REGULATION
from connectors.sandbox.departments.mass_organisations import MASS_ORGANISATIONS
from connectors.sandbox.departments.medical_insurance import MEDICAL_INSURANCE
from connectors.sandbox.departments.provident_fund import PROVIDENT_FUND
from connectors.sandbox.departments.public_security import PUBLIC_SECURITY
from connectors.sandbox.departments.tax_bureau import TAX_BUREAU
from connectors.sandbox.departments.transport_bureau import TRANSPORT_BUREAU
from connectors.sandbox.departments.veterans_bureau import VETERANS_BUREAU
from connectors.sandbox.dialect import Dialect

DIALECTS: tuple[Dialect, ...] = (
    CERTIFICATE_PLATFORM,
    EDUCATION_BUREAU,
    HEALTH_COMMISSION,
    HOUSING_BUREAU,
    HUMAN_RESOURCES,
    JUSTICE_BUREAU,
    MARKET_REGULATION,
    MASS_ORGANISATIONS,
    MEDICAL_INSURANCE,
    PROVIDENT_FUND,
    PUBLIC_SECURITY,
    TAX_BUREAU,
    TRANSPORT_BUREAU,
    VETERANS_BUREAU,
)
"""Every department of this kind, by the name of its file."""
