"""Settings: one frozen value read once from the environment, every name listed here and in the README."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any


class SettingsError(ValueError):
    """A setting is missing or cannot be read; the message names it and never its value."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a hub needs to know of the place it runs in. Each field is read from HUB_<NAME>."""

    region: str
    issuer: str  # the hub's own base URL, audience of tokens and assertions
    directory: Path = Path("var/hub")  # keys, embedded database, kept checkpoint, security log
    database_url: str = ""  # empty: the embedded PostgreSQL in `directory`
    manifests: Path = Path("connectors/manifests")
    sources: Path = Path("var/sources.json")  # addresses and secrets the manifests refer to, mode 0600 (docs/contracts)
    trust_list: str = ""  # directory of the trust list for signers' certificates; empty: a signer's key is the platform's word
    signature_algorithms: str = "Ed25519,ES256,SM2-SM3"  # that count under letters; SM2-SM3 needs the extra `sm`
    calendar: str = ""  # a file of years that take the place of the policy's own working days (工作日历)
    fair_use: str = ""  # a file of ceilings that takes the place of the policy's own (合理使用)
    host: str = "127.0.0.1"
    port: int = 8152
    workers: int = 1
    introspection: bool = False
    require_dpop: bool = True  # tokens bound to a key; a client certificate's will do
    client_certificate_header: str = ""  # in which the proxy that ends mutual TLS names the client's certificate; empty: none is read
    client_certificate_proxies: str = "127.0.0.1,::1"  # addresses or networks that header counts from
    client_certificate_authorities: str = ""  # PEM file of who issues clients' certificates (tls_client_auth); empty: clients bring assertions
    graphiql: bool = False
    federation: bool = False  # `_service` and `_entities`: the hub as an Apollo Federation subgraph (docs/federation.md)
    console: bool = True
    in_flight: int = 256  # requests at once in one worker before load is shed with 503
    rate_per_minute: int = 1200  # per client and worker; of a platform: registrations, messages, collections, and never withdrawals
    concurrency: int = 64  # per client and worker
    log_wait: float = 2.0  # seconds an answer waits for its log entry
    witness_every: float = 300.0  # seconds between two looks at each neighbour's log; 0: nobody is looked at
    gather: bool = True
    secure_cookies: bool = False  # where nothing is set: whether the issuer is an https URL

    @property
    def log_origin(self) -> str:
        """The name of this hub's log, in checkpoints and public keys: the issuer without its scheme."""
        return f"{self.issuer.partition('//')[2]}/log"

    @property
    def witness_name(self) -> str:
        """The name this hub cosigns other logs' checkpoints under."""
        return f"{self.issuer.partition('//')[2]}/witness"

    def departments(self) -> dict[str, Any]:
        """The departments' addresses and secrets, as the file of `sources` has them. Raises SettingsError, which quotes none."""
        try:
            read: dict[str, Any] = json.loads(self.sources.read_text(encoding="utf-8"))
        except OSError as fault:
            raise SettingsError(f"HUB_SOURCES: {self.sources}: {fault.strerror}; the file names each department (see docs/contracts/README.md)") from None
        except ValueError:
            raise SettingsError(f"HUB_SOURCES: {self.sources} cannot be read as JSON (see docs/contracts/README.md)") from None
        return read

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Settings:
        """From an environment; an unknown HUB_ name outside `_FOREIGN` is refused, so that a typo cannot switch a guard off."""
        known = {f"HUB_{field.name.upper()}": field for field in fields(cls)}
        environment = {**environment, **_from_files(environment)}
        unknown = sorted(name for name in environment if name.startswith("HUB_") and name not in known and not _foreign(name))
        if unknown:
            raise SettingsError(f"unknown setting {unknown[0]}")
        values: dict[str, object] = {}
        for name, field in known.items():
            text = environment.get(name)
            if text is not None:
                values[field.name] = _parse(name, str(field.type), text)
            elif field.default is MISSING:
                raise SettingsError(f"{name} is not set")
        # A hub that is reached by TLS never lets its officers' cookie travel without, unless it is told to.
        values.setdefault("secure_cookies", str(values["issuer"]).startswith("https://"))
        return cls(**values)  # type: ignore[arg-type]


def _from_files(environment: Mapping[str, str]) -> dict[str, str]:
    """HUB_DATABASE_URL_FILE names a file that holds the setting, so that a secret need not stand in an environment."""
    path = environment.get("HUB_DATABASE_URL_FILE")
    if path is None:
        return {}
    try:
        return {"HUB_DATABASE_URL": Path(path).read_text(encoding="utf-8").strip()}
    except OSError:
        raise SettingsError("HUB_DATABASE_URL_FILE cannot be read") from None


def _foreign(name: str) -> bool:
    """Names other parts read: binaries of PostgreSQL, the tests' server, a file that holds a setting."""
    return name in {"HUB_PG_BIN", "HUB_TEST_DATABASE_URL", "HUB_DATABASE_URL_FILE"}


def _parse(name: str, kind: str, text: str) -> object:
    if kind == "bool":
        if text not in {"0", "1", "true", "false"}:
            raise SettingsError(f"{name} must be 0, 1, true or false")
        return text in {"1", "true"}
    if kind == "Path":
        return Path(text)
    try:
        return {"int": int, "float": float, "str": str}[kind](text)
    except ValueError:
        raise SettingsError(f"{name} must be a number") from None
