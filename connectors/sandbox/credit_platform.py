"""社会信用信息平台 of the sandbox: takes records of dishonesty, each once; it answers no question about anybody (docs/contracts/credit.md)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import ClassVar

from aiohttp import web

from connectors.sandbox.controls import Mood
from connectors.sandbox.population import Population
from connectors.sandbox.proofs import Call, proof
from connectors.sandbox.replay import Clock
from connectors.sandbox.server import DepartmentServer, Refusal, as_json

PATH = "/xypt/v1/sxxx"
_PARTS = frozenset({"zjhm", "xm", "jdwh", "jdrq", "jdjg", "jbr", "sxsy", "ywbh"})


class SocialCredit(DepartmentServer):
    """`records` are what was filed, by the filer's reference."""

    department: ClassVar[str] = "credit"

    def __init__(self, population: Population, *, clock: Clock) -> None:
        super().__init__(population)
        self._proof = proof("http-signature", "credit", population, clock, "Hub-Intent")
        self.records: dict[str, dict[str, str]] = {}

    @property
    def settings(self) -> Mapping[str, str]:
        """What the hub is given."""
        return {"url": self.url, **self._proof.settings}

    async def answer(self, request: web.BaseRequest, body: bytes, mood: Mood) -> web.Response:
        """File one record."""
        del mood
        if request.method != "POST" or request.path != PATH:
            raise Refusal(404, "NO_SUCH_SERVICE", "无此接口")
        self._proof.check(Call(request.method, self.url + request.raw_path, request.raw_path, request.headers, body))
        try:
            filed = json.loads(body)
        except ValueError as error:
            raise Refusal(400, "BAD_REQUEST", "请求格式错误") from error
        if not isinstance(filed, dict) or filed.keys() != _PARTS or not all(isinstance(value, str) and value for value in filed.values()):
            raise Refusal(400, "BAD_REQUEST", "失信信息不完整")
        self.journal.note(group="credit", columns=sorted(filed), organisation=filed["jdjg"], subjects=[(filed["ywbh"], "", filed["jdwh"])])
        self.records.setdefault(filed["ywbh"], filed)
        return as_json({"status": "OK", "slh": f"XY{list(self.records).index(filed['ywbh']) + 1:08d}"})

    def refuse(self, refusal: Refusal) -> web.Response:
        """In the platform's envelope."""
        return as_json({"status": refusal.code or "REFUSED", "message": refusal.text}, status=refusal.status)
