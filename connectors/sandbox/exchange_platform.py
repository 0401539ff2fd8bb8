"""政务信息资源共享交换平台 of the sandbox: carries calls to departments by resource code; tells nobody what was in them (docs/contracts/qj-gov-exchange.md)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import ClassVar

import aiohttp
from aiohttp import web

from connectors.sandbox.controls import Mood
from connectors.sandbox.population import Population
from connectors.sandbox.proofs import Call, proof
from connectors.sandbox.replay import Clock
from connectors.sandbox.server import DepartmentServer, Refusal, as_json

PATH = "/gxjh/v1/call"


class ExchangePlatform(DepartmentServer):
    """`resources` maps a resource code to the base URL of the department's own system."""

    department: ClassVar[str] = "qj-gov-exchange"

    def __init__(self, population: Population, resources: Mapping[str, str], *, clock: Clock) -> None:
        super().__init__(population)
        self._resources = resources
        self._proof = proof("api-key-hmac", "qj-gov-exchange", population, clock)

    @property
    def settings(self) -> Mapping[str, str]:
        """What the hub is given to use the platform."""
        return {"url": self.url + PATH, **self._proof.settings}

    async def answer(self, request: web.BaseRequest, body: bytes, mood: Mood) -> web.Response:
        """Carry one call."""
        del mood
        if request.method != "POST" or request.path != PATH:
            raise Refusal(404, "404", "无此接口")
        self._proof.check(Call(request.method, self.url + request.raw_path, request.raw_path, request.headers, body))
        try:
            asked = json.loads(body)
            place, path, headers = self._resources[asked["zydm"]], str(asked["lj"]), dict(asked["bt"])
            content = base64.b64decode(asked["nr"], validate=True)
        except (ValueError, KeyError, TypeError, binascii.Error) as error:
            raise Refusal(200, "403", "无此资源或未获授权") from error
        self.journal.note(group=asked["zydm"], columns=[], organisation="", subjects=[])
        async with aiohttp.ClientSession(auto_decompress=False) as session, session.post(place + path, data=content, headers=headers) as told:
            whole, kind = await told.read(), told.headers.get("Content-Type", "")
        return as_json({"code": 200, "zt": told.status, "lx": kind, "nr": base64.b64encode(whole).decode()})

    def refuse(self, refusal: Refusal) -> web.Response:
        """In the platform's own envelope, whose code is never 200."""
        return as_json({"code": int(refusal.code) if refusal.code.isdecimal() else 500, "msg": refusal.text}, status=refusal.status)
