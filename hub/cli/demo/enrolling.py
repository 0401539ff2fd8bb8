"""What an operator would enrol before the first question: organisations, systems, platforms, the catalogue, an agreement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from joserfc.jwk import OKPKey

from hub.canonical import canonical
from hub.cli.demo.offices import Office
from hub.cli.demo.registration import PlatformDesk
from hub.console.sessions import password_phc
from hub.enrolment import (
    enrol_client,
    enrol_console_user,
    enrol_organisation,
    enrol_platform,
    import_agreement,
    publish_catalogue_entry,
    record_assessment,
)
from hub.keys import KeyRing
from hub.postgres.connection import engine
from hub.regions.agreement import sign
from hub.regions.asking import RegionKeys
from hub.regions.neighbours import region_keys
from hub.signatures import sha256
from policies.groups import CONFIRMATION
from policies.purposes import PURPOSES
from schema.register import GROUPS

OFFICER = "auditor"
AGREEMENT = "EXAMPLE-2026-01"
_FROM, _TO = date(2026, 7, 1), date(2027, 6, 30)


async def enrol(
    database_url: str, *, region: str, offices: Sequence[Office], platforms: Sequence[PlatformDesk], officer_password: str,
    at: datetime, random: Callable[[int], bytes],
) -> None:
    """One region's records."""
    database = engine(database_url)
    try:
        for office in offices:
            await enrol_organisation(
                database, code=office.organisation, name=office.title, department=office.department, region=region,
                role=office.role, at=at,
            )
            await enrol_client(
                database, client_id=office.client, organisation=office.organisation, name=f"{office.title}业务系统",
                jwks=office.jwks(), purposes=office.purposes, at=at,
            )
        for desk in platforms:
            await enrol_platform(database, platform=desk.platform, name=desk.platform, jwks=desk.jwks(), at=at)
        await _catalogue(database, at)
        await _assessments(database, at)
        auditor = next(office for office in offices if office.role == "PRIVACY_OFFICER")
        await enrol_console_user(
            database, name=OFFICER, password_phc=password_phc(officer_password, random=random),
            organisation=auditor.organisation, at=at,
        )
    finally:
        await database.dispose()


async def _catalogue(database: Any, at: datetime) -> None:
    """Every group shared conditionally with the departments and purposes the purposes' register allows (GDS §14–15); confirmations may
    be handed on to the neighbour, as the agreement says (GDS §25).
    """
    for code, group in GROUPS.items():
        allowed = [p for p in PURPOSES.values() if code in p.told_groups()]
        departments = sorted({d for purpose in allowed for d in purpose.departments})
        await publish_catalogue_entry(
            database, entry=f"EXAMPLE-{code}", fact_group=code, name=group.title_zh, provider=group.department,
            attribute="CONDITIONAL", departments=departments, purposes=sorted(purpose.code for purpose in allowed),
            legal_basis="SAL §41, §42", valid_from=_FROM, onward_sharing=code == CONFIRMATION, at=at,
        )


async def _assessments(database: Any, at: datetime) -> None:
    """An example of an impact assessment for each purpose that needs one (PIPL §55): without it no token is issued."""
    for number, purpose in enumerate(one for one in PURPOSES.values() if one.needs_assessment):
        report = f"示例：{purpose.title_zh}个人信息保护影响评估".encode()
        await record_assessment(
            database, identifier=f"EXAMPLE-{number:02d}", purpose=purpose.code, report_hash=sha256(report), assessed_by="示例评估人",
            valid_from=_FROM, valid_until=_TO, at=at,
        )


async def sign_agreement(regions: Sequence[tuple[str, str, Path, str]], at: datetime) -> None:
    """One agreement, signed by each region's own key and imported by both: (code, url, key directory, database) each."""
    keys: dict[str, RegionKeys] = {code: region_keys(KeyRing.load(directory), code) for code, _, directory, _ in regions}
    document = canonical({
        "code": AGREEMENT, "validFrom": _FROM.isoformat(), "validTo": _TO.isoformat(), "purposes": ["RESULT_RECOGNITION"],
        "resultKinds": ["CONFIRMATION"], "factGroups": ["confirmation"], "freshDays": 90,
        "parties": {
            code: {
                "url": url, "jwks": {"keys": [_public(keys[code].signing_jwk)]}, "encryption": _public(keys[code].encryption),
                "onwardReceivers": ["YB", "MZ", "MZ-HD"],
            }
            for code, url, _, _ in regions
        },
    })
    signatures = {code: sign(document, code=AGREEMENT, kid=held.kid, key=held.signing_jwk) for code, held in keys.items()}
    for _, _, _, database_url in regions:
        database = engine(database_url)
        try:
            await import_agreement(
                database, code=AGREEMENT, document=document, signatures=signatures, valid_from=_FROM, valid_to=_TO, at=at,
            )
        finally:
            await database.dispose()


def _public(key: OKPKey) -> dict[str, Any]:
    return {**key.as_dict(private=False), **({"kid": key.kid} if key.kid else {})}
