"""Why the embedded server does not run; every text ends with what the operator can do.

EmbeddedServerError
├── NoBinaries        no PostgreSQL 15–18 was found
├── NotPermitted      the account may not run a server (root without user namespaces)
├── AlreadyRunning    another hub holds the directory
└── StartFailed       initdb or postgres ended with an error
"""

from __future__ import annotations


class EmbeddedServerError(Exception):
    """The embedded server cannot run."""


class NoBinaries(EmbeddedServerError):
    """No PostgreSQL of a supported major version was found."""


class NotPermitted(EmbeddedServerError):
    """PostgreSQL refuses to run as root, and no way round it is open here."""


class AlreadyRunning(EmbeddedServerError):
    """Another process supervises a server on the same directory."""


class StartFailed(EmbeddedServerError):
    """initdb or postgres ended with an error, or never became ready."""


class LoginRefused(Exception):
    """A login is not one a hub may run under; the text is for the operator and holds no password."""
