"""`hub letters notices` and `hub doctor`: how many living letters a later notice has families sign anew. Counts, and nobody's name."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from hub.authorizations.conditions import Conditions
from hub.authorizations.store import Registrar
from hub.cli.findings import State, looked
from hub.cli.notices_current import notices_current
from hub.cli.premises import at_work
from hub.clock import clock
from hub.people.vault import Vault
from hub.postgres.connection import engine
from policies import notices as register
from policies.parameters import ParametersRefused
from tests.hub.authorizations.family import CONDITIONS, HUB, PLATFORM, family, letters, platform_jwks, registration
from tests.hub.authorizations.test_conditions import V1, V2, change
from tests.hub.cli.conftest import Desk
from tests.policies.notice_text import TELLS, untold


@pytest.fixture
def signed(desk: Desk, random) -> Desk:
    """A desk at which the family registered its three letters."""
    desk.run("platform", "add", PLATFORM, "--name", "台", "--jwks", desk.file("own.json", platform_jwks()))

    async def bring() -> None:
        database = engine(desk.url)
        registrar = Registrar(database, Vault(desk.keys, random), random=random, audience=HUB, conditions=CONDITIONS)
        await registrar.accept(registration(clock(), jti="registration-1", letters=letters(clock())), clock())
        await database.dispose()

    asyncio.run(bring())
    return desk


def test_living_letters_are_counted_by_notice_and_the_doctor_says_how_many_are_to_be_signed_anew(signed: Desk, tmp_path, monkeypatch) -> None:
    for name, value in signed.environment.items():
        monkeypatch.setenv(name, value)
    assert [line.split() for line in signed.run("letters", "notices").splitlines()[1:]] == [["2025-01", "2025-01-01", "3", "0"]]
    delivered = at_work(notices_current)
    assert (delivered.state, delivered.seen) == (State.WARN, "in force is an example: 2025-01; none of 3 living letters is to be signed anew")
    folder = tmp_path / "regions" / "500152"
    folder.mkdir(parents=True)
    monkeypatch.setattr(register, "REGIONS", folder.parent)
    nothing = at_work(notices_current)
    assert (nothing.state, "no privacy notice is in force" in nothing.seen) == (State.FAIL, True)
    assert signed.run("letters", "notices").splitlines()[1].split() == ["2025-01", "not", "registered", "3", "3"]
    (folder / "notices.toml").write_text(V1.replace("example = true", "example = false"), "utf-8")
    own = at_work(notices_current)
    assert (own.state, own.seen) == (State.OK, "2025-01 in force; none of 3 living letters is to be signed anew")
    (folder / "notices.toml").write_text(V1.replace(TELLS, ""), "utf-8")
    empty = at_work(notices_current)
    assert (empty.state, empty.seen) == (State.FAIL, "nobody entered what 2025-01 tells: no letter signed under it opens anything")
    assert signed.run("letters", "notices").splitlines()[1].split() == ["2025-01", "2025-01-01", "3", "3", "everything"]
    childless = TELLS[: TELLS.index('[[notice.tells.sensitive]]\nfact_groups = ["UNDER_14"]')]
    for tells, silent, anew in ((untold("MONITORING", "health"), "动态监测预警 (MONITORING), 健康 (health)", 3), (childless, "不满十四周岁 (UNDER_14)", 0)):
        (folder / "notices.toml").write_text(V1.replace(TELLS, tells), "utf-8")
        partly = at_work(notices_current)
        assert (partly.state, partly.seen) == (State.WARN, f"2025-01 does not tell of {silent}; {anew} of 3 living letters are to be signed anew")
        assert silent in signed.run("letters", "notices")
    (folder / "notices.toml").write_text(V1.replace("contact_zh =", "contact ="), "utf-8")
    wrong = at_work(lambda premises: looked("notices", partial(notices_current, premises)))
    assert (wrong.state, wrong.seen) == (State.FAIL, "500152/notices.toml [[notice]] 1 [tells]: contact_zh is missing")
    with pytest.raises(ParametersRefused, match="contact_zh is missing"):
        Conditions.of("500152")
    later = V1.replace("2025-01-01", "2025-01-01\nuntil = 2026-06-30") + V2.replace("2026-11-20", "2025-07-01") + change(groups='["health"]')
    (folder / "notices.toml").write_text(later, "utf-8")
    told = at_work(notices_current)
    assert (told.state, told.seen) == (State.WARN, "3 of 3 living letters are to be signed anew")
    said = signed.run("letters", "notices")
    assert [line.split() for line in said.splitlines()[1:]] == [["2025-01", "2025-01-01", "2026-06-30", "3", "3"], ["2026-11", "2025-07-01", "0", "0"]]
    assert not any(one["name"] in said or one["idNumber"] in said for one in family())


def test_a_hub_without_notices_and_letters_says_so(desk: Desk, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(register, "REGIONS", tmp_path)
    assert "no notice is registered, and no letter names one" in desk.run("letters", "notices")
