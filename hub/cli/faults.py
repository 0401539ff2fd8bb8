"""What a command says when it fails: the fault and the way out, never a traceback, a value of the database or a secret."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
import click
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from connectors.section import ManifestFault
from hub.access_log.note import BadNote
from hub.access_log.receipt import BadReceipt
from hub.access_log.soundness import LogUnsound
from hub.backup.archive import BadArchive
from hub.backup.contents import BackupRefused
from hub.canonical import NotCanonical
from hub.citizens.arrangements import ArrangementRefused
from hub.citizens.holds import HoldRefused
from hub.errors import CallerError, RecordingFailed
from hub.keys import KeyRingError
from hub.people.erasure import ErasureRefused
from hub.people.id_number import BadIdNumber
from hub.people.sealing import CannotOpen
from hub.postgres.errors import EmbeddedServerError, LoginRefused
from hub.regions.agreement import AgreementRefused
from hub.settings import SettingsError
from hub.sharing.wording import SharingRefused
from policies.calendar import CalendarMissing
from policies.parameters import ParametersRefused
from policies.rules import PolicyRefused
from policies.sharing import NotNow

TOLD = (
    SettingsError, KeyRingError, EmbeddedServerError, BackupRefused, BadArchive, AgreementRefused, ManifestFault, BadNote,
    SharingRefused, NotNow, CalendarMissing, PolicyRefused, ParametersRefused,
    HoldRefused, ArrangementRefused, ErasureRefused, BadIdNumber,
    BadReceipt, LogUnsound, LoginRefused, NotCanonical, RecordingFailed, CannotOpen,
)
"""Errors of ours whose text is written for the operator."""


@contextmanager
def reported() -> Iterator[None]:
    """Turn what may go wrong into one line and exit status 1. A foreign exception's text may quote a value: its class is told."""
    try:
        yield
    except TOLD as fault:
        raise click.ClickException(str(fault)) from None
    except CallerError as fault:
        raise click.ClickException(f"{fault.code}: {fault.message}") from None
    except (asyncpg.ForeignKeyViolationError, IntegrityError):
        raise click.ClickException("it names something that is not enrolled; see `hub organisation list`") from None
    except (asyncpg.PostgresError, asyncpg.InterfaceError, SQLAlchemyError) as fault:
        raise click.ClickException(f"the database refused ({_kind(fault)}); `hub doctor` says more") from None
    except TimeoutError:
        raise click.ClickException("the database did not answer in time; `hub doctor` says more") from None
    except OSError as fault:
        raise click.ClickException(_file_or_network(fault)) from None


def _kind(fault: BaseException) -> str:
    original = getattr(getattr(fault, "orig", None), "__cause__", None)
    return type(original or fault).__name__


def _file_or_network(fault: OSError) -> str:
    if fault.filename:
        return f"{fault.filename}: {fault.strerror}"
    return f"the database cannot be reached ({type(fault).__name__}); `hub doctor` says more"
