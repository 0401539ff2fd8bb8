"""大数据: electronic certificates a person holds, as the certificate platform lists them."""

from __future__ import annotations

import strawberry

from policies.forms import Form, Level
from schema.facts import Facts
from schema.forms import Text
from schema.labels import FactGroup, plain, records, text
from schema.scalars import IsoDate

L1, L2, L3 = Level.L1, Level.L2, Level.L3


@strawberry.type(description="电子证照 One electronic certificate (716 §10).")
class ECert:
    """A certificate; the document itself stays with the platform, its digest lets a copy be checked."""

    cert_type: str | None = plain(L1, "证照类型", "Type of certificate.", codes="CERT_TYPE")
    cert_no_tail: Text | None = text(L3, Form.WITHHELD, "证照号后4位", "Last four characters of its number.")
    issuer: str | None = plain(L1, "颁发机构", "Who issued it.")
    valid_to: IsoDate | None = plain(L2, "有效期至", "Valid to.")
    document_hash: str | None = plain(L2, "文件摘要", "SHA-256 of the certificate's file, in hex.")


@strawberry.type(
    description="电子证照 What the certificate platform lists.",
    directives=[FactGroup(code="eCert", title="电子证照", department="DSJ", source="716§10")],
)
class ECertFacts(Facts):
    """eCert."""

    records: list[ECert] | None = records("证照", "Certificates.")
