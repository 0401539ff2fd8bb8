"""The hub's records in PostgreSQL: what is stored, and nothing a department ever told but what waits to be told.

Stored are identities (sealed), cases, letters, agreements, clients, the catalogue and the access log. No table holds a fact, save the
sealed answers of departments that answer later (`deferred.py`).
Times are timestamptz; text keys are ULIDs with a prefix; a person's key is a random UUID that leaves the hub only inside a handle.
"""

from hub.tables.approvals import Approval, FollowUp, ImpactAssessment, SecondLook
from hub.tables.arrangements import Arrangement
from hub.tables.asking import (
    Allowance,
    Client,
    ClientOperation,
    LookUpCount,
    OfficerIssuer,
    OperationFit,
    Organisation,
    PersistedOperation,
    Revocation,
    TokenCases,
    UsedAssertion,
    VouchedPerson,
)
from hub.tables.console import ConsoleSession, ConsoleUser
from hub.tables.credit import CreditRecord
from hub.tables.declared import Base
from hub.tables.deferred import DeferredJob
from hub.tables.disposal import DisposalDuty, DisposalReport, LogFollower
from hub.tables.erasure import LogErasure
from hub.tables.explanations import ExplanationRequest
from hub.tables.holds import AccessHold
from hub.tables.incidents import Incident, IncidentPerson
from hub.tables.log import LogCheckpoint, LogEntry, LogHead, Outbox
from hub.tables.matter import Case, Household, Letter, Member, Person, Platform, PlatformKey, Signer
from hub.tables.means_check import MeansCheck
from hub.tables.messages import Message
from hub.tables.regions import Agreement, IssuedResult, WitnessedLog
from hub.tables.sharing import CatalogueEntry, CorrectionRequest, ShareRequest, SharingDispute
from hub.tables.told_fields import ToldFields

__all__ = [
    "AccessHold",
    "Agreement",
    "Allowance",
    "Approval",
    "Arrangement",
    "Base",
    "Case",
    "CatalogueEntry",
    "Client",
    "ClientOperation",
    "ConsoleSession",
    "ConsoleUser",
    "CorrectionRequest",
    "CreditRecord",
    "DeferredJob",
    "DisposalDuty",
    "DisposalReport",
    "ExplanationRequest",
    "FollowUp",
    "Household",
    "ImpactAssessment",
    "Incident",
    "IncidentPerson",
    "IssuedResult",
    "Letter",
    "LogCheckpoint",
    "LogEntry",
    "LogErasure",
    "LogFollower",
    "LogHead",
    "LookUpCount",
    "MeansCheck",
    "Member",
    "Message",
    "OfficerIssuer",
    "OperationFit",
    "Organisation",
    "Outbox",
    "PersistedOperation",
    "Person",
    "Platform",
    "PlatformKey",
    "Revocation",
    "SecondLook",
    "ShareRequest",
    "SharingDispute",
    "Signer",
    "TokenCases",
    "ToldFields",
    "UsedAssertion",
    "VouchedPerson",
    "WitnessedLog",
]
