"""金融机构联合查询平台: banks, a securities depository, insurers and payment institutions behind one door that answers later
(docs/contracts/JR.md).

Rules of this file:
- A question is taken under the asker's job number; the same number with the same question is the same question, with another it is refused.
- Each institution answers in its own time, person by person: by a signed call-back, or when asked for it; told once or polled, the answer
  is the same.
- `delay` is seconds, or "held" until `release`: so a test decides when an institution answers.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import aiohttp
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from connectors.sandbox.controls import BadControl, Controls, Mood
from connectors.sandbox.inquiries import BATCH, addressed, parsed, question
from connectors.sandbox.institutions import INSTITUTIONS, Institution
from connectors.sandbox.population import Population
from connectors.sandbox.proofs import Call, proof
from connectors.sandbox.replay import Clock
from connectors.sandbox.server import DepartmentServer, Refusal, WireShelf, as_json
from connectors.signing import message_signer

HEADER = "Hub-Intent"
DELAY = 0.2
"""Seconds until an institution answers; in earnest hours to days."""
ATTEMPTS = 5
_BEIJING = timedelta(hours=8)


@dataclass(slots=True)
class _Asked:
    """One job at one institution; `ready` once its answer may be fetched."""

    institution: Institution
    item: Mapping[str, str]
    fields: tuple[str, ...]
    callback: str
    ready: bool = False
    told: bool = False
    attempts: list[int] = field(default_factory=list)


class FinancialPlatform(DepartmentServer):
    """The platform. What it calls back with is signed by its own key, which the hub's settings name."""

    def __init__(self, population: Population, *, clock: Clock, random: Any, controls: Controls | None = None) -> None:
        super().__init__(population, controls=controls)
        self._clock = clock
        self._own = f"jr-{population.region}"
        self._own_key = Ed25519PrivateKey.from_private_bytes(population.secret("JR calls back"))
        self._proof = proof("http-signature", "JR", population, clock, HEADER)
        self._sign = message_signer(
            key=_text(self._own_key.private_bytes_raw()), key_id=self._own, intent_header=HEADER, clock=clock, random=random,
        )
        self._shelves = {one.group: WireShelf(population, one.group, one.write) for one in INSTITUTIONS.values()}
        self._jobs: dict[str, _Asked] = {}
        self._delay: float | None = DELAY
        self._silent = False
        self._answering: set[asyncio.Task[None]] = set()

    @property
    def settings(self) -> dict[str, str]:
        """What the hub is given: where, its own key there, and the platform's public key."""
        return {
            "url": self.url, **self._proof.settings,
            "callback_key_id": self._own, "callback_public_key": _text(self._own_key.public_key().public_bytes_raw()),
        }

    async def control(self, settings: Mapping[str, object]) -> None:
        """As every department, and `delay` (seconds or "held"), `silent` (never calls back: its answers are there for who polls)."""
        left = dict(settings)
        delay, silent = left.pop("delay", DELAY), left.pop("silent", False)
        if not (delay == "held" or (isinstance(delay, int | float) and not isinstance(delay, bool) and 0 <= delay <= 3600)):
            raise BadControl("delay is seconds, or held")
        await super().control(left)
        self._delay = None if delay == "held" else float(str(delay))
        self._silent = bool(silent)

    async def release(self) -> None:
        """Every institution answers what it was asked and has not told: call-backs are over when this returns."""
        await asyncio.gather(*(self._answer(number) for number, asked in list(self._jobs.items()) if not asked.told))

    async def stop(self) -> None:
        """As every department; nobody is called back any more."""
        for task in list(self._answering):
            task.cancel()
        await asyncio.gather(*self._answering, return_exceptions=True)
        await super().stop()

    async def answer(self, request: web.BaseRequest, body: bytes, mood: Mood) -> web.Response:
        """A question taken, or answers fetched."""
        institution, call = addressed(request.path)
        if institution is None or request.method != "POST":
            raise Refusal(404, "J0404", "无此接口")
        self._proof.check(Call(request.method, self.url + request.raw_path, request.path, request.headers, body))
        asked = parsed(body)
        if call == "result":
            return as_json({"code": "0000", "msg": "成功", "data": {"jg": self._results(institution, asked, mood.lie)}})
        return as_json({"code": "0000", "msg": "已受理", "data": {"sl": self._taken(institution, asked, request.headers, mood.lie)}})

    def refuse(self, refusal: Refusal) -> web.Response:
        """`{"code", "msg"}`."""
        return as_json({"code": refusal.code or f"J0{refusal.status}", "msg": refusal.text}, status=refusal.status)

    def told(self, number: str, lie: str | None = None) -> dict[str, object]:
        """A job's answer as the platform writes it; with a `lie`, as one that breaks its contract would."""
        asked = self._jobs[number]
        rows = [{name: row[name] for name in asked.fields} for row in self._shelves[asked.institution.group].of(asked.item["sfzh"])]
        now = (self._clock().astimezone().utctimetuple())
        moment = datetime(*now[:6]) + _BEIJING  # noqa: DTZ001 # Beijing by contract
        result: dict[str, object] = {
            "sqbh": number, "sfzh": asked.item["sfzh"], "zt": "1" if rows else "0", "gxsj": moment.strftime("%Y%m%d%H%M%S"), "jl": rows,
        }
        return _tampered(result, lie)

    @property
    def numbers(self) -> list[str]:
        """The job numbers taken so far."""
        return list(self._jobs)

    def signed(self, number: str, body: bytes) -> tuple[str, dict[str, str]]:
        """Address and headers of a call-back about a job, signed now."""
        asked = self._jobs[number]
        path = "/" + asked.callback.partition("://")[2].partition("/")[2]
        return asked.callback, {"Content-Type": "application/json", **self._sign(asked.callback, path, body, asked.item["ywlsh"])}

    def _taken(self, institution: Institution, asked: dict[str, Any], headers: Any, lie: str | None) -> list[dict[str, str]]:
        fields, items, callback, organisation = question(asked, institution)
        if not {item["ywlsh"] for item in items} <= set(headers.get(HEADER, "").split(", ")):
            raise Refusal(400, "J0400", "业务流水号与签名头不符")
        for item in items:
            known = self._jobs.get(item["sqbh"])
            if known is not None and (known.item, known.fields, known.institution) != (item, fields, institution):
                raise Refusal(409, "J0409", "申请编号重复")
        self.journal.note(group=institution.group, columns=fields, organisation=organisation,
                          subjects=[(item["ywlsh"], item["yt"], item["spwh"]) for item in items])
        for item in items:
            if item["sqbh"] not in self._jobs:
                self._jobs[item["sqbh"]] = _Asked(institution, item, fields, callback)
                if self._delay is not None:
                    self._start(item["sqbh"], self._delay * institution.pace)
        expected = self._clock().astimezone().isoformat(timespec="seconds")
        taken = [{"sqbh": item["sqbh"], "yjsj": expected} for item in items]
        return taken[: len(taken) // 2] if lie == "half" else taken

    def _start(self, number: str, seconds: float) -> None:
        async def later() -> None:
            await asyncio.sleep(seconds)
            await self._answer(number)

        task = asyncio.get_running_loop().create_task(later())
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _answer(self, number: str) -> None:
        """Have the answer ready, and call back until the hub has said what it thinks of it."""
        asked = self._jobs[number]
        asked.ready = True
        if self._silent:
            return
        async with aiohttp.ClientSession() as session:
            for attempt in range(ATTEMPTS):
                body = json.dumps(self.told(number, self.controls.mood.lie), ensure_ascii=False).encode()
                url, headers = self.signed(number, body)
                try:
                    async with session.post(url, data=body, headers=headers) as reply:
                        asked.attempts.append(reply.status)
                        if reply.status < 500:
                            asked.told = True
                            return
                except (aiohttp.ClientError, TimeoutError):
                    asked.attempts.append(0)
                await asyncio.sleep(0.2 * (attempt + 1))

    def _results(self, institution: Institution, asked: dict[str, Any], lie: str | None) -> list[dict[str, object]]:
        numbers = asked.get("sqbhlb")
        if not isinstance(numbers, list) or not 1 <= len(numbers) <= BATCH:
            raise Refusal(400, "J0400", "请求格式错误")
        results = []
        for number in numbers:
            job = self._jobs.get(number)
            if job is not None and job.institution is institution:
                waiting: dict[str, object] = {"sqbh": number, "sfzh": job.item["sfzh"], "zt": "5"}
                results.append(self.told(number, lie) if job.ready else waiting)
        return results[: len(results) // 2] if lie == "half" else results


def _tampered(result: dict[str, object], lie: str | None) -> dict[str, object]:
    rows = result["jl"] if isinstance(result["jl"], list) else []
    match lie:
        case "types":
            return {**result, "jl": [{name: {"v": value} for name, value in row.items()} for row in rows]}
        case "renamed":
            return {**result, "jl": [{f"{name}_NEW": value for name, value in row.items()} for row in rows]}
        case "extra_fields":
            return {**result, "jl": [{**row, "lxdh": "13800000000"} for row in rows]}
        case "extra_people":
            return {**result, "sfzh": "509999200001010012"}
    return result


def _text(secret: bytes) -> str:
    return base64.urlsafe_b64encode(secret).decode().rstrip("=")
