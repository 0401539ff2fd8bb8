"""Enrolling who may ask, who may register, what is shared and what was agreed; each change leaves a row for the log.

These are the operator's acts (`hub client`, `hub platform`, `hub catalogue`, `hub assessment`, `hub agreement`, `hub officer`). Every function
writes its change and its outbox row in one transaction, so that no settings change escapes the audit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.authorizations.assessments import ASSESSMENT
from hub.authorizations.key_changes import replace_keys
from hub.authorizations.revocation import AGREEMENT, tell_workers
from hub.changes import changing, note, put, upsert
from hub.tables import (
    Agreement,
    CatalogueEntry,
    Client,
    ClientOperation,
    ConsoleUser,
    ImpactAssessment,
    OfficerIssuer,
    Organisation,
    Platform,
)
from hub.tables.asking import ONE_NAME


class CertificateNameTaken(ValueError):
    """Another active client proves itself by this name: it would no longer say which of the two shows it (RFC 8705 §2.1.2)."""


async def enrol_organisation(
    engine: AsyncEngine, *, code: str, name: str, department: str, region: str, role: str, at: datetime,
    aliases: Sequence[str] = (),
) -> None:
    """Add or change an organisation; its code stays when its name changes (domain 0.1 #30)."""
    values = {
        "code": code, "name": name, "department": department, "region": region, "role": role,
        "aliases": list(aliases), "active": True,
    }
    await put(engine, Organisation, values, key=("code",), kind="ORGANISATION_ENROLLED", ref=code, at=at)


async def enrol_client(
    engine: AsyncEngine, *, client_id: str, organisation: str, name: str, jwks: Mapping[str, Any], purposes: Sequence[str],
    at: datetime, allow_list_only: bool = False, look_ups_per_day: int = 200, officer_identity: str = "asserted",
    groups: Sequence[str] | None = None, max_uses: int | None = None, certificate: Mapping[str, str] | None = None,
) -> None:
    """Add or change a client system; `jwks` holds public keys only. `groups` and `max_uses` limit what its tokens are granted. `certificate` has
    the name of one that proves itself by tls_client_auth: it has no keys, and its officers prove themselves. Raises ValueError,
    `CertificateNameTaken` where another active client has it.
    """
    if certificate is not None and (jwks.get("keys") or officer_identity != "proven"):
        raise ValueError("a client that proves itself by its certificate has no keys, and its officers prove themselves")
    if any("d" in key for key in jwks.get("keys", [])):
        raise ValueError("a client's key set must not hold private keys")
    values = {
        "id": client_id, "organisation": organisation, "name": name, "jwks": dict(jwks), "purposes": list(purposes),
        "allow_list_only": allow_list_only, "look_ups_per_day": look_ups_per_day, "active": True,
        "officer_identity": officer_identity, "groups": None if groups is None else list(groups), "max_uses": max_uses, "created_at": at,
        "tls_client_auth": None if certificate is None else dict(certificate),
    }
    try:
        await put(engine, Client, values, key=("id",), kind="CLIENT_ENROLLED", ref=client_id, at=at)
    except IntegrityError as error:  # the index judges, so that of two at once one is refused
        if ONE_NAME not in str(error.orig):
            raise
        raise CertificateNameTaken("another active client is enrolled for this name of a certificate: disable it first, or name this one otherwise") from None


async def enrol_officer_issuer(
    engine: AsyncEngine, *, name: str, organisation: str, issuer: str, audience: str, jwks: Mapping[str, Any], at: datetime,
) -> None:
    """Add or change who vouches for an organisation's officers; `issuer` and `audience` as its tokens' `iss` and `aud` have them."""
    values = {"name": name, "organisation": organisation, "issuer": issuer, "audience": audience, "jwks": dict(jwks), "active": True}
    await put(engine, OfficerIssuer, values, key=("name",), kind="OFFICER_ISSUER_ENROLLED", ref=name, at=at)


async def disable_officer_issuer(engine: AsyncEngine, *, name: str, at: datetime) -> bool:
    """None of its officers' tokens is exchanged from now on; False where there is no active one of this name."""
    async with engine.begin() as connection:
        ended = update(OfficerIssuer).where(OfficerIssuer.name == name, OfficerIssuer.active).values(active=False)
        if not (await connection.execute(ended)).rowcount:
            return False
        await note(connection, kind="OFFICER_ISSUER_DISABLED", ref=name, at=at)
    return True


async def enrol_platform(
    engine: AsyncEngine, *, platform: str, name: str, jwks: Mapping[str, Any], at: datetime, sends: Sequence[str] = (),
    collects: Sequence[str] = (), region: str = "", algorithms: Sequence[str] = (),
) -> None:
    """Add or change a platform whose signed registrations the hub accepts; `sends` and `collects` name kinds of message
    (hub.messages.kinds), `region` (12 digits) where it collects, `algorithms` those of the letters it brings (none: the installation's).
    Keys that `jwks` leaves out are retired. Raises `PlatformKeyRefused`.
    """
    values = {
        "id": platform, "name": name, "active": True, "sends": list(sends), "collects": list(collects), "region": region,
        "algorithms": list(algorithms),
    }
    async with changing(engine, kind="PLATFORM_ENROLLED", ref=platform, at=at) as connection:
        await upsert(connection, Platform, values, key=("id",))
        await replace_keys(connection, platform, jwks, at)


async def publish_catalogue_entry(
    engine: AsyncEngine, *, entry: str, fact_group: str, name: str, provider: str, attribute: str, departments: Sequence[str],
    purposes: Sequence[str], legal_basis: str, valid_from: date, at: datetime, valid_to: date | None = None, items: Sequence[str] = (),
    data_format: str = "", frequency: str = "", modes: Sequence[str] = (), conditions: str = "", grade: str = "",
    onward_sharing: bool = False, by_request: bool = False, disposal: str = "", keep_days: int | None = None,
) -> None:
    """Add or change one entry of the shared-data catalogue (GDS §13–15); each change is the entry's next version."""
    values = {
        "id": entry, "fact_group": fact_group, "name": name, "provider": provider, "attribute": attribute,
        "departments": list(departments), "purposes": list(purposes), "legal_basis": legal_basis, "onward_sharing": onward_sharing,
        "valid_from": valid_from, "valid_to": valid_to, "items": list(items), "data_format": data_format, "frequency": frequency,
        "modes": list(modes), "conditions": conditions, "grade": grade, "by_request": by_request,
        "disposal": disposal, "keep_days": keep_days,
    }
    await put(
        engine, CatalogueEntry, values, key=("id",), kind="CATALOGUE_PUBLISHED", ref=entry, at=at,
        also={"version": CatalogueEntry.version + 1},
    )


async def import_agreement(
    engine: AsyncEngine, *, code: str, document: bytes, signatures: Mapping[str, str], valid_from: date, valid_to: date,
    at: datetime,
) -> None:
    """Keep an agreement that `hub.regions.agreement.open_agreement` has accepted."""
    values = {
        "code": code, "document": document, "signatures": dict(signatures), "valid_from": valid_from, "valid_to": valid_to,
        "active": True,
    }
    async with changing(engine, kind="AGREEMENT_IMPORTED", ref=code, at=at) as connection:
        await upsert(connection, Agreement, values, key=("code",))
        await tell_workers(connection, AGREEMENT, code, at=at)


async def end_agreement(engine: AsyncEngine, *, code: str, at: datetime) -> bool:
    """From now on nobody is asked or answered under it; False where none of this code is followed."""
    async with engine.begin() as connection:
        ended = update(Agreement).where(Agreement.code == code, Agreement.active).values(active=False)
        if not (await connection.execute(ended)).rowcount:
            return False
        await tell_workers(connection, AGREEMENT, code, at=at)
        await note(connection, kind="AGREEMENT_ENDED", ref=code, at=at)
    return True


async def enrol_console_user(engine: AsyncEngine, *, name: str, password_phc: str, organisation: str, at: datetime) -> None:
    """Add a privacy officer's log-in, or set a new password; `password_phc` is Argon2id in PHC form."""
    values = {
        "name": name, "password": password_phc, "organisation": organisation, "failures": 0, "locked_until": None, "active": True,
    }
    await put(engine, ConsoleUser, values, key=("name",), kind="CONSOLE_USER_ENROLLED", ref=name, at=at)


async def record_assessment(
    engine: AsyncEngine, *, identifier: str, purpose: str, report_hash: bytes, assessed_by: str, valid_from: date, valid_until: date,
    at: datetime,
) -> None:
    """An impact assessment of a purpose (PIPL §55). The report lies with who made it; its digest and the record are kept three years
    beyond its term (PIPL §56).
    """
    row = {
        "id": identifier, "purpose": purpose, "report_hash": report_hash, "assessed_by": assessed_by, "valid_from": valid_from,
        "valid_until": valid_until, "recorded_at": at, "ended_at": None, "keep_until": kept_until(valid_until),
    }
    async with changing(engine, kind="ASSESSMENT_RECORDED", ref=f"{identifier} {purpose}", at=at) as connection:
        await connection.execute(insert(ImpactAssessment).values(row))
        await tell_workers(connection, ASSESSMENT, identifier, at=at)


async def end_assessment(engine: AsyncEngine, *, identifier: str, at: datetime) -> bool:
    """From now on the purpose cannot be used on it; False where no such assessment holds. The record stays."""
    async with engine.begin() as connection:
        standing = (ImpactAssessment.id == identifier, ImpactAssessment.ended_at.is_(None))
        if not (await connection.execute(update(ImpactAssessment).where(*standing).values(ended_at=at))).rowcount:
            return False
        await tell_workers(connection, ASSESSMENT, identifier, at=at)
        await note(connection, kind="ASSESSMENT_ENDED", ref=identifier, at=at)
    return True


def kept_until(last_day: date) -> date:
    """Three years beyond a day (PIPL §56); of 29 February, to 1 March."""
    try:
        return last_day.replace(year=last_day.year + 3)
    except ValueError:
        return date(last_day.year + 3, 3, 1)


async def allow_operation(engine: AsyncEngine, *, client: str, digest: str, at: datetime) -> None:
    """Put a registered operation (SHA-256, hex) on a client's list."""
    async with changing(engine, kind="OPERATION_ALLOWED", ref=f"{client} {digest}", at=at) as connection:
        await connection.execute(insert(ClientOperation).values(client_id=client, hash=digest).on_conflict_do_nothing())


async def withdraw_operation(engine: AsyncEngine, *, client: str, digest: str, at: datetime) -> None:
    """Take an operation off a client's list."""
    async with changing(engine, kind="OPERATION_WITHDRAWN", ref=f"{client} {digest}", at=at) as connection:
        listed = (ClientOperation.client_id == client, ClientOperation.hash == digest)
        await connection.execute(delete(ClientOperation).where(*listed))
