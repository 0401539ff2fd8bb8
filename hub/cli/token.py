"""`hub client token`: an access token as a client system takes one, over HTTP, to try a question by hand."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import click
import orjson
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from hub.authorizations.signing import PrivateKey
from hub.clock import clock
from hub.oauth.presenting import build_assertion, household_facts, letter_basis, token_request
from hub.signatures import BadSignature, public_key
from hub.ulid import new_id
from policies.purposes import PURPOSES

_PATIENCE = aiohttp.ClientTimeout(total=15)
_LONGEST = 16_384  # bytes of a key file


class PrivateKeyFile(click.ParamType[tuple[PrivateKey, str]]):
    """A JWK with an Ed25519 or P-256 private key and its kid, in a file nobody else can read."""

    name = "file"

    def convert(
        self, value: str | tuple[PrivateKey, str], param: click.Parameter | None, ctx: click.Context | None,
    ) -> tuple[PrivateKey, str]:
        """The key and its kid. Fails naming what is wrong, never quoting the file."""
        if isinstance(value, tuple):
            return value
        try:
            with Path(value).open("rb") as file:
                if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                    self.fail(f"{value} can be read by others: chmod 600 it, and consider whether the key is still secret", param, ctx)
                jwk = orjson.loads(file.read(_LONGEST))
            public_key({name: part for name, part in jwk.items() if name != "d"})
            kid = jwk["kid"]
            key = (OKPKey if jwk["kty"] == "OKP" else ECKey).import_key(jwk)
        except OSError as fault:
            self.fail(f"{value}: {fault.strerror}", param, ctx)
        except (ValueError, KeyError, AttributeError, TypeError, JoseError, BadSignature):
            self.fail(f"{value} is no JWK of an Ed25519 or P-256 key with a kid", param, ctx)
        if not key.is_private or not isinstance(kid, str):
            self.fail(f"{value} holds no private key with a kid", param, ctx)
        return key, kid


class HubUrl(click.ParamType[str]):
    """The issuer's URL; a token travels by TLS, or not beyond this machine."""

    name = "url"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Without a slash at the end."""
        try:
            parts = urlsplit(value)
            host = parts.hostname or ""
        except ValueError:
            self.fail("it is no URL", param, ctx)
        if not host or not (parts.scheme == "https" or (parts.scheme == "http" and _here(host))):
            self.fail("it must begin with https://; http:// only for this machine itself", param, ctx)
        return value.rstrip("/")


class Letters(click.ParamType[dict[str, Any]]):
    """Letters as a registration's answer lists them."""

    name = "json"

    def convert(self, value: str | dict[str, Any], param: click.Parameter | None, ctx: click.Context | None) -> dict[str, Any]:
        """The basis."""
        if isinstance(value, dict):
            return value
        try:
            return letter_basis(*((str(one["id"]), str(one["hash"])) for one in orjson.loads(value)))
        except (ValueError, KeyError, TypeError):
            self.fail('it must be JSON like [{"id": "…", "hash": "…"}]', param, ctx)


@click.command("token")
@click.option("--hub", required=True, type=HubUrl(), help="The hub's issuer URL.")
@click.option("--key", required=True, type=PrivateKeyFile(), help="The client's private JWK, mode 0600.")
@click.option("--client", required=True, metavar="ID", help="The client system that asks.")
@click.option("--officer", required=True, metavar="ID", help="Who asks by it.")
@click.option("--purpose", required=True, type=click.Choice(sorted(PURPOSES)), metavar="CODE")
@click.option("--case", "cases", multiple=True, metavar="ID", help="The case, as its registration named it; several for a purpose asked in batches.")
@click.option("--letters", type=Letters(), multiple=True, help="Basis: letters, as the registration's answer lists them; of several cases once for each, in their order.")
@click.option("--statute", metavar="ARTICLE", help="Basis: an article of law, such as 'SAL §42'.")
@click.option("--audit", is_flag=True, help="Basis: the privacy officer's own task.")
def token_command(
    hub: str, key: tuple[PrivateKey, str], client: str, officer: str, purpose: str, cases: tuple[str, ...], *, letters: tuple[dict[str, Any], ...],
    statute: str | None, audit: bool,
) -> None:
    """Take an access token of ten minutes and print it. It is a secret: whoever holds it asks as you."""
    if (bool(letters), bool(statute), audit).count(True) != 1:
        raise click.UsageError("give exactly one of --letters, --statute and --audit")
    named = cases or ("",)
    bases = letters or ({"kind": "statute", "article": statute} if statute else {"kind": "audit"},) * len(named)
    if len(bases) != len(named):
        raise click.UsageError("give --letters once for each --case, in their order")
    details = [household_facts(purpose=purpose, basis=basis, case=case) for case, basis in zip(named, bases, strict=True)]
    now = clock()
    assertion = build_assertion(
        key[0], client=client, kid=key[1], audience=hub, jti=new_id("jti", now, os.urandom(10)), now=now, officer={"id": officer},
    )
    answer = asyncio.run(_taken(hub, token_request(assertion, *details)))
    for refused in answer.get("refused_details", ()):
        click.echo(f"不含 not in it: {named[refused['index']]}, {refused['error_description']}", err=True)
    click.echo("访问令牌是机密，十分钟内有效 an access token is a secret; it is good for ten minutes", err=True)
    click.echo(str(answer["access_token"]))


async def _taken(hub: str, form: Mapping[str, str]) -> Mapping[str, Any]:
    """The answer that holds the token. Raises ClickException with the hub's code and reason."""
    try:
        async with (
            aiohttp.ClientSession(timeout=_PATIENCE) as session,
            session.post(f"{hub}/oauth/token", data=form, allow_redirects=False) as reply,
        ):
            answer = orjson.loads(await reply.read())
    except (aiohttp.ClientError, OSError) as fault:
        raise click.ClickException(f"{hub} cannot be reached ({type(fault).__name__})") from None
    except orjson.JSONDecodeError:
        raise click.ClickException(f"{hub} does not answer like a hub (HTTP {reply.status})") from None
    if not isinstance(answer, dict) or not isinstance(answer.get("access_token"), str):
        said = answer if isinstance(answer, dict) else {}
        raise click.ClickException(f"HTTP {reply.status} {said.get('error', '')}: {said.get('error_description', 'no token')}")
    return answer


def _here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
