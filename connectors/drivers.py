"""Drivers that block (DB-API 2.0, PEP 249): how each opens a read-only session that ends with its deadline, and what its errors mean.

Rules of this file:
- A driver is loaded by name when a data source needs it: Oracle's and Dameng's are extras, and their absence is a fault that says so.
- An error's text may quote a statement or a value, so only its code goes on.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from connectors.dialects import DAMENG, MYSQL, ORACLE, Dialect
from connectors.section import ManifestFault

_BEHIND = 0.5
"""Seconds the socket waits longer than the server's own time limit, so that the server ends its statement and keeps the connection."""
_CODE = re.compile(r"[A-Z]{2,4}-\d{3,6}|CODE:-?\d+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a database is and who logs in: a data source name taken apart."""

    host: str
    port: int
    database: str
    user: str
    password: str
    options: Mapping[str, str]

    def __repr__(self) -> str:
        """Without user and password."""
        return f"Address({self.host!r}, {self.port}, {self.database!r})"


@dataclass(frozen=True, slots=True)
class Driver:
    """A driver by module name. `connect` opens a session within so many seconds; `prepare` are statements before each question,
    `options` what may follow the database's name after a "?";
    codes of `late` mean the statement's time ran out, of `gone` that the connection had been closed, of `refused` that we are not served.
    """

    module: str
    extra: str
    port: int
    connect: Callable[[ModuleType, Address, float], Any]
    prepare: tuple[str, ...]
    options: frozenset[str]
    late: frozenset[str]
    gone: frozenset[str]
    refused: frozenset[str]

    def load(self, department: str) -> ModuleType:
        """The driver's module. Raises ManifestFault where it is not installed."""
        try:
            return importlib.import_module(self.module)
        except ImportError:
            raise ManifestFault(f"{department}.place: needs the driver {self.module}, not installed; it is the extra {self.extra!r}") from None

    def address(self, department: str, place: str) -> Address:
        """The parts of `kind://user:password@host:port/database?option=value`. Raises ManifestFault."""
        try:
            parts = urlsplit(place)
            made = Address(
                host=parts.hostname or "", port=parts.port or self.port, database=unquote(parts.path.removeprefix("/")),
                user=unquote(parts.username or ""), password=unquote(parts.password or ""),
                options=dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))),
            )
        except ValueError:
            made = Address("", 0, "", "", "", {})
        if not (made.host and made.database and made.user and made.options.keys() <= self.options):
            raise ManifestFault(f"{department}.place: not a data source name of user, password, host, port and database")
        return made


def code_of(error: BaseException) -> str:
    """The code of a driver's error, or the name of its class: never its text."""
    first = error.args[0] if error.args else None
    if isinstance(first, int):
        return str(first)
    known = getattr(first, "full_code", None)
    found = _CODE.search(str(first))
    return str(known) if known else found[0] if found else type(error).__name__


def _mysql(module: ModuleType, address: Address, seconds: float) -> Any:
    connection = module.connect(
        host=address.host, port=address.port, user=address.user, password=address.password, database=address.database, charset="utf8mb4",
        autocommit=True, connect_timeout=max(1, round(seconds)), read_timeout=seconds + _BEHIND, write_timeout=seconds, local_infile=False,
        # With an authority's certificate the server must show one of it for this host; without, TLS is taken where it is offered.
        ssl_ca=address.options.get("ssl_ca"), ssl_verify_identity="ssl_ca" in address.options,
    )
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION TRANSACTION READ ONLY")
            cursor.execute("SET SESSION time_zone = '+08:00'")
            # The two servers name the same limit differently, one in seconds, the other in milliseconds.
            if "MariaDB" in connection.get_server_info():
                cursor.execute("SET SESSION max_statement_time = %s", (seconds,))
            else:
                cursor.execute("SET SESSION max_execution_time = %s", (int(seconds * 1000),))
    except BaseException:
        connection.close()
        raise
    return connection


def _oracle(module: ModuleType, address: Address, seconds: float) -> Any:
    connection = module.connect(
        user=address.user, password=address.password, host=address.host, port=address.port, service_name=address.database,
        tcp_connect_timeout=seconds,
    )
    try:
        connection.call_timeout = int(seconds * 1000)
        with connection.cursor() as cursor:
            cursor.execute("ALTER SESSION SET NLS_DATE_FORMAT = 'YYYY-MM-DD' NLS_TIMESTAMP_FORMAT = 'YYYY-MM-DD' NLS_NUMERIC_CHARACTERS = '. '")
    except BaseException:
        connection.close()
        raise
    return connection


def _dameng(module: ModuleType, address: Address, seconds: float) -> Any:
    whole = max(1, round(seconds))
    return module.connect(
        user=address.user, password=address.password, server=address.host, port=address.port, schema=address.database,
        autoCommit=False, login_timeout=whole, connection_timeout=whole,
    )


DRIVERS: Mapping[Dialect, Driver] = {
    MYSQL: Driver(
        "pymysql", "", 3306, _mysql, (), frozenset({"ssl_ca"}), late=frozenset({"1969", "3024", "1317"}), gone=frozenset({"2006", "2013", "4031"}),
        # no places left, access denied, unknown database, shutting down, command or column denied, expired password
        refused=frozenset({"1040", "1044", "1045", "1049", "1053", "1142", "1143", "1203", "1226", "1820"}),
    ),
    ORACLE: Driver(
        "oracledb", "oracle", 1521, _oracle, ("SET TRANSACTION READ ONLY",), frozenset(), late=frozenset({"DPY-4024", "ORA-01013", "ORA-40204"}),
        gone=frozenset({"ORA-03113", "ORA-02396", "DPY-4011"}),
        refused=frozenset({"ORA-01017", "ORA-28000", "ORA-01031", "ORA-00942", "ORA-12514", "ORA-01033", "ORA-01034", "DPY-6005"}),
    ),
    DAMENG: Driver(
        "dmPython", "dameng", 5236, _dameng, ("SET TRANSACTION READ ONLY",), frozenset(), late=frozenset({"CODE:-6010", "CODE:-7048"}),
        gone=frozenset({"CODE:-6007", "CODE:-70019"}), refused=frozenset({"CODE:-2501", "CODE:-5504", "CODE:-5512", "CODE:-70028"}),
    ),
}
"""Databases reached by a driver that blocks."""
