"""The manifests as shipped, and a value for every setting they refer to: a new department's are found, not listed."""

from __future__ import annotations

import re
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from connectors.sandbox.sftp_account import SftpAccount, openssh

DIRECTORY = Path("connectors/manifests")
MANIFESTS = sorted(DIRECTORY.glob("*.toml"))
_KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
_ACCOUNT = SftpAccount(DIRECTORY, seed=b"h" * 32, username="hub", authorized=_KEY)
_GIVEN = {
    "REGION": "500152", "URL": "http://127.0.0.1:1", "KEY_ID": "hub", "PRIVATE_KEY": "A" * 43, "USERNAME": "hub", "PASSWORD": "p4ss",
    "DSN": "postgresql://reader:p4ss@127.0.0.1/gz", "APP_KEY": "app", "SECRET": "s3cret", "BEARER": "t0ken", "DIRECTORY": "/srv/drop",
    "SFTP": "sftp://127.0.0.1:1/", "HOST_KEY": _ACCOUNT.host_key, "SSH_KEY": openssh(_KEY),
    "CALLBACK_KEY_ID": "jr", "CALLBACK_PUBLIC_KEY": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
}
_NAMED = {name for path in MANIFESTS for name in re.findall(r"\$\{(\w+)\}", path.read_text(encoding="utf-8"))}
SETTINGS = {name: _GIVEN[name if name == "REGION" else name.partition("_")[2]] for name in sorted(_NAMED)}
"""By the name a manifest uses. A kind of setting that is new is given a value above."""
SECRETS = {_GIVEN[kind] for kind in ("PRIVATE_KEY", "PASSWORD", "SECRET", "BEARER", "SSH_KEY")}
