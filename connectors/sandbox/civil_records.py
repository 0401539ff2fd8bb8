"""How 民政局 writes its records: one list of its GraphQL service a fact group (docs/contracts/MZ.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from connectors.sandbox.people import Record, Value

_KINDS = {"DIBAO": "01", "TEKUN": "02", "TEMPORARY": "03", "DISABILITY_LIVING": "04", "DISABILITY_CARE": "05", "ORPHAN": "06"}
_CATEGORIES = {
    "DIBAO_HOUSEHOLD": "11", "DIBAO_SINGLE": "12", "DIBAO_EDGE": "13", "RIGID_EXPENSE": "14", "TEKUN_PERSON": "15", "LOW_INCOME_OTHER": "16",
    "DISABLED_NEEDY": "17",
}
_LEVELS = {"A": 1, "B": 2, "C": 3}
_STATES = {"EFFECTIVE": "Z", "TAPERING": "J", "STOPPED": "T"}
_MARITAL = {"10": "1", "20": "2", "30": "3", "40": "4", "90": "9"}
_EVENTS = {"MARRY": 1, "DIVORCE": 2, "CANCEL": 3}
_MODES = {"CENTRAL": 1, "SCATTERED": 2}
_SELF_CARE = {"ABLE": "0", "PARTIAL": "1", "FULL_LOSS": "2"}


def _text(value: Value) -> str | None:
    return None if value is None else str(value)


def _assistance(record: Record) -> dict[str, object]:
    return {
        "kind": _KINDS[str(record["type"])], "objectClass": _CATEGORIES[str(record["category"])], "dibaoLevel": _LEVELS.get(str(record["dibaoClass"])),
        "urban": record["area"] == "URBAN", "monthly": _text(record["monthlyAmount"]), "since": _text(record["from"]), "until": _text(record["to"]),
        "state": _STATES[str(record["status"])], "stopCode": record["stopReason"], "payerRegion": record["grantRegion"],
    }


def _marriage(record: Record) -> dict[str, object]:
    return {
        "status": _MARITAL[str(record["maritalStatus"])], "event": _EVENTS.get(str(record["eventType"])), "registered": _text(record["registeredOn"]),
        "spouseIdNumber": record["spousePid"], "registryRegion": record["registryRegion"],
    }


def _confirmation(record: Record) -> dict[str, object]:
    return {
        "objectClass": _CATEGORIES[str(record["category"])], "region": record["region"], "issuer": record["issuer"],
        "confirmed": _text(record["confirmedOn"]), "validUntil": _text(record["validTo"]), "standard": record["standardUsed"],
        "effective": record["status"] == "EFFECTIVE",
    }


def _funeral(record: Record) -> dict[str, object]:
    return {
        "deceasedIdNumber": record["deceasedPid"], "died": _text(record["deathOn"]), "cremated": _text(record["crematedOn"]),
        "reduced": record["feeReduced"], "reduction": _text(record["reducedAmount"]),
    }


def _care(record: Record) -> dict[str, object]:
    return {
        "mode": _MODES.get(str(record["careMode"])), "ability": _SELF_CARE[str(record["selfCareLevel"])], "unmet": record["unmetIndicators"],
        "agreement": record["careAgreement"], "institution": record["institutionName"],
    }


LISTS: Mapping[str, tuple[str, Callable[[Record], dict[str, object]]]] = {
    "assistance": ("civilAssistance", _assistance),
    "care": ("carePersonStatus", _care),
    "marriage": ("marriage", _marriage),
    "funerals": ("funeral", _funeral),
    "confirmations": ("confirmation", _confirmation),
}
"""The fact group and the writer of each list of a person."""
