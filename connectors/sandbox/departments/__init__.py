"""The departments that are data: each a dialect, served by one of two servers. A department is added here and in its own file."""

from __future__ import annotations

from connectors.sandbox.departments.human_resources import HUMAN_RESOURCES
from connectors.sandbox.departments.public_security import PUBLIC_SECURITY
from connectors.sandbox.departments.tax_bureau import TAX_BUREAU
from connectors.sandbox.dialect import Dialect

DIALECTS: tuple[Dialect, ...] = (
    HUMAN_RESOURCES,
    PUBLIC_SECURITY,
    TAX_BUREAU,
)
"""Every department of this kind, by the name of its file."""
