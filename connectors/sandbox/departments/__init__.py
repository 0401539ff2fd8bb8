"""The departments that are data: each a dialect, served by one of two servers. A department is added here and in its own file."""

from __future__ import annotations

from connectors.sandbox.departments.certificate_platform import CERTIFICATE_PLATFORM
from connectors.sandbox.departments.human_resources import HUMAN_RESOURCES
from connectors.sandbox.departments.justice_bureau import JUSTICE_BUREAU
from connectors.sandbox.departments.mass_organisations import MASS_ORGANISATIONS
from connectors.sandbox.departments.public_security import PUBLIC_SECURITY
from connectors.sandbox.departments.tax_bureau import TAX_BUREAU
from connectors.sandbox.departments.veterans_bureau import VETERANS_BUREAU
from connectors.sandbox.dialect import Dialect

DIALECTS: tuple[Dialect, ...] = (
    CERTIFICATE_PLATFORM,
    HUMAN_RESOURCES,
    JUSTICE_BUREAU,
    MASS_ORGANISATIONS,
    PUBLIC_SECURITY,
    TAX_BUREAU,
    VETERANS_BUREAU,
)
"""Every department of this kind, by the name of its file."""
