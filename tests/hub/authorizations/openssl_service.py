"""A signing service of SM2 made by the system's openssl alone: root, issuing authority, a signer, revocation lists. `python -m` writes the
vector the fast tests read; keys are thrown away.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

DISTID = "distid:1234567812345678"
CONFIG = """
[ca]
default_ca = own
[own]
database = {name}.index
serial = {name}.serial
crlnumber = {name}.crlnumber
new_certs_dir = .
default_md = sm3
policy = any
unique_subject = no
copy_extensions = none
[any]
commonName = supplied
serialNumber = optional
"""
AUTHORITY = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n"
SIGNER = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,nonRepudiation\n"
START, END = "20260101000000Z", "20360101000000Z"


@dataclass(frozen=True)
class OpenSsl:
    """Works in a directory; names are files' stems there."""

    directory: Path

    def run(self, *arguments: str) -> bytes:
        done = subprocess.run(["openssl", *arguments], cwd=self.directory, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def key(self, name: str, curve: str = "SM2") -> None:
        self.run("genpkey", "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{curve}", "-out", f"{name}.key")

    def authority(self, name: str) -> None:
        """What `openssl ca` keeps of an authority."""
        (self.directory / f"{name}.cnf").write_text(CONFIG.format(name=name), encoding="utf-8")
        (self.directory / f"{name}.index").touch()
        (self.directory / f"{name}.serial").write_text("1000\n", encoding="ascii")
        (self.directory / f"{name}.crlnumber").write_text("01\n", encoding="ascii")

    def certify(
        self, name: str, subject: str, by: str, *, extensions: str = SIGNER, curve: str = "SM2", start: str = START, end: str = END,
        distid: str = DISTID,
    ) -> None:  # fmt: skip
        """`name`.pem with a key of its own, issued by `by`; by itself where both are one."""
        self.key(name, curve)
        digest = ("-sm3", "-sigopt", DISTID) if curve == "SM2" else ("-sha256",)
        self.run("req", "-new", *digest, "-utf8", "-key", f"{name}.key", "-subj", subject, "-out", f"{name}.csr")
        (self.directory / f"{name}.ext").write_text(extensions, encoding="ascii")
        self.authority(name)
        issuer = ("-selfsign",) if by == name else ("-cert", f"{by}.pem")
        self.run(
            "ca", "-batch", "-notext", "-utf8", "-config", f"{by}.cnf", "-keyfile", f"{by}.key", *issuer, "-in", f"{name}.csr", "-out", f"{name}.pem",
            "-startdate", start, "-enddate", end, "-extfile", f"{name}.ext", "-sigopt", distid,
            *(("-vfyopt", DISTID) if curve == "SM2" else ()),
        )  # fmt: skip

    def revocations(self, name: str) -> None:
        self.run(
            "ca", "-config", f"{name}.cnf", "-gencrl", "-keyfile", f"{name}.key", "-cert", f"{name}.pem", "-sigopt", DISTID,
            "-crl_lastupdate", START, "-crl_nextupdate", END, "-out", f"{name}.crl",
        )  # fmt: skip

    def service(self, name: str, number: str) -> None:
        """root, issuing, signer, their lists, and trust.toml."""
        self.certify("root", "/CN=SM2 示例根", "root", extensions=AUTHORITY)
        self.certify("issuing", "/CN=SM2 示例签发", "root", extensions=AUTHORITY)
        self.certify("signer", f"/CN={name}", "issuing", extensions=SIGNER + f"1.2.156.10260.4.1.1=ASN1:EXP:0,PRINTABLESTRING:{number}\n")
        for one in ("root", "issuing"):
            self.revocations(one)
        (self.directory / "trust.toml").write_text(
            "[[service]]\nname = 'SM2 示例'\ncertificate = 'root.pem'\ntrusted_from = 2026-01-01\ntrusted_to = 2035-12-31\n"
            "revocation_lists = ['root.crl', 'issuing.crl']\n", encoding="utf-8",
        )


VECTOR = Path(__file__).parent / "sm2_service"
NAME, NUMBER = "测试甲", "509901198005010039"

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        OpenSsl(Path(scratch)).service(NAME, NUMBER)
        for file in ("root.pem", "issuing.pem", "signer.pem", "root.crl", "issuing.crl", "trust.toml"):
            (VECTOR / file).write_bytes((Path(scratch) / file).read_bytes())
    sys.stdout.write(f"{VECTOR}\n")
