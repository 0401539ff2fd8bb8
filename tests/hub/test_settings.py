"""Settings are read once from the environment; a typo never switches a guard off."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.settings import Settings, SettingsError

NEEDED = {"HUB_REGION": "500152000000", "HUB_ISSUER": "https://hub.example"}


def test_what_is_not_set_is_the_guarded_default():
    settings = Settings.read({**NEEDED, "PATH": "/bin"})
    assert (settings.region, settings.issuer) == ("500152000000", "https://hub.example")
    assert settings.require_dpop
    assert not settings.introspection
    assert not settings.graphiql
    assert settings.host == "127.0.0.1"
    assert settings.log_origin == "hub.example/log"


@pytest.mark.parametrize(("changed", "secure"), [
    ({}, True), ({"HUB_ISSUER": "http://127.0.0.1:8152"}, False), ({"HUB_SECURE_COOKIES": "0"}, False),
])
def test_the_officers_cookie_keeps_to_tls_where_the_hub_is_reached_by_tls(changed, secure):
    assert Settings.read({**NEEDED, **changed}).secure_cookies is secure


def test_each_kind_of_value_is_read():
    settings = Settings.read({
        **NEEDED, "HUB_PORT": "9000", "HUB_LOG_WAIT": "0.5", "HUB_INTROSPECTION": "1", "HUB_GATHER": "false", "HUB_CONSOLE": "true",
        "HUB_DIRECTORY": "/srv/hub", "HUB_DATABASE_URL": "postgresql://x",
    })
    assert (settings.port, settings.log_wait, settings.introspection, settings.gather, settings.console) == (9000, 0.5, True, False, True)
    assert (settings.directory, settings.database_url) == (Path("/srv/hub"), "postgresql://x")


@pytest.mark.parametrize(("changed", "named"), [
    ({"HUB_REQUIRE_DPOPS": "0"}, "HUB_REQUIRE_DPOPS"), ({"HUB_INTROSPECTION": "yes"}, "HUB_INTROSPECTION"),
    ({"HUB_PORT": "secret-number"}, "HUB_PORT"), ({"HUB_LOG_WAIT": "soon"}, "HUB_LOG_WAIT"),
    ({"HUB_DATABASE_URL_FILE": "/nowhere"}, "HUB_DATABASE_URL_FILE"),
])
def test_what_cannot_be_read_is_named_and_its_value_is_not_shown(changed, named):
    with pytest.raises(SettingsError, match=named) as refused:
        Settings.read({**NEEDED, **changed})
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_what_must_be_set_is_named(name):
    with pytest.raises(SettingsError, match=name):
        Settings.read({key: value for key, value in NEEDED.items() if key != name})


def test_a_secret_may_stand_in_a_file_instead_of_the_environment(tmp_path):
    file = tmp_path / "url"
    file.write_text("postgresql://hub:pass@db/hub\n", encoding="utf-8")
    assert Settings.read({**NEEDED, "HUB_DATABASE_URL_FILE": str(file)}).database_url == "postgresql://hub:pass@db/hub"


def test_names_other_parts_read_are_let_pass():
    assert Settings.read({**NEEDED, "HUB_PG_BIN": "/x", "HUB_TEST_DATABASE_URL": "y"}).port == 8152


def test_a_file_of_departments_that_is_missing_or_no_json_is_told_apart(tmp_path):
    settings = Settings.read({**NEEDED, "HUB_SOURCES": str(tmp_path / "sources.json")})
    with pytest.raises(SettingsError, match="No such file or directory; the file names each department"):
        settings.departments()
    (tmp_path / "sources.json").write_text('{"GA": {"token": "secret"')
    with pytest.raises(SettingsError, match="cannot be read as JSON") as told:
        settings.departments()
    assert "secret" not in str(told.value)
