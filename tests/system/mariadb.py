"""Debian's MariaDB on loopback under an ordinary account, and a read-only log-in of a department's: what the MySQL tests stand on."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pymysql
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hub.postgres import launch

INSTALL, SERVER = "mariadb-install-db", "/usr/sbin/mariadbd"
PATIENCE = 60.0


class Mariadb:
    """A running server; `admin` is its own root over the socket."""

    def __init__(self, port: int, socket_path: Path) -> None:
        self.port, self.socket = port, socket_path

    def admin(self) -> Any:
        """A connection that may do anything."""
        return pymysql.connect(unix_socket=str(self.socket), user="root", autocommit=True, charset="utf8mb4")

    def run(self, *statements: str) -> None:
        """Statements of the administrator, one at a time."""
        connection = self.admin()
        try:
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
        finally:
            connection.close()

    def insert(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        """Rows of the department."""
        connection = self.admin()
        try:
            with connection.cursor() as cursor:
                cursor.executemany(statement, rows)
        finally:
            connection.close()


@contextmanager
def serving(directory: Path) -> Iterator[Mariadb]:
    """A server in `directory`, ended with the block; it dies with this process too."""
    found = shutil.which(INSTALL)
    assert found, "there is no MariaDB: `apt-get install mariadb-server`"
    certificate(directory)
    data, made = directory / "data", Mariadb(_free_port(), directory / "s")
    installed = subprocess.run(
        _as_ordinary(found, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal", "--skip-test-db"),
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )
    assert installed.returncode == 0, installed.stderr[-2000:] + installed.stdout[-2000:]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(_as_ordinary(
            SERVER, "--no-defaults", f"--datadir={data}", f"--socket={made.socket}", "--bind-address=127.0.0.1", f"--port={made.port}",
            f"--ssl-cert={directory / 'cert.pem'}", f"--ssl-key={directory / 'key.pem'}", "--skip-name-resolve", "--innodb-buffer-pool-size=16M", "--innodb-flush-log-at-trx-commit=0", "--general-log",
            f"--general-log-file={directory / 'asked'}",
        ), stdout=log, stderr=log)
    try:
        _await(made, process, directory / "log")
        yield made
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)


def certificate(directory: Path) -> Path:
    """A certificate for 127.0.0.1 and its key, in `directory`; it is its own authority."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "front-end database")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True).sign(key, hashes.SHA256())
    )
    (directory / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (directory / "key.pem").write_bytes(private)
    return directory / "cert.pem"


def _as_ordinary(*command: str) -> list[str]:
    # The server refuses to run as root: where the tests do, it is an ordinary user of a namespace, as PostgreSQL is.
    account = "namespace" if os.geteuid() == 0 else "self"
    return [sys.executable, "-I", "-S", launch.__file__, account, str(os.getpid()), *command]


def _await(made: Mariadb, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        assert process.poll() is None, log.read_text(errors="replace")[-2000:]
        assert time.monotonic() < until, log.read_text(errors="replace")[-2000:]
        try:
            made.admin().close()
        except pymysql.Error:
            time.sleep(0.05)
        else:
            return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
