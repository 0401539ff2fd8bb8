"""A manifest is read strictly: what is not understood is refused by name, and no secret stands in it or in a fault about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.manifest import parse
from connectors.section import ManifestFault
from schema.register import GROUPS, PRESENCE
from tests.connectors.shipped import MANIFESTS, SECRETS, SETTINGS

MZ = Path("connectors/manifests/MZ.toml").read_text(encoding="utf-8")


def changed(old: str, new: str) -> str:
    assert old in MZ
    return MZ.replace(old, new, 1)


def test_the_manifests_as_shipped_declare_exactly_the_fields_of_the_schemas_groups():
    declared = {
        group: (manifest.department, frozenset(entry.fields))
        for manifest in (parse(path.name, path.read_text(encoding="utf-8"), SETTINGS) for path in MANIFESTS)
        for group, entry in manifest.groups.items()
    }
    assert declared == {
        code: (spec.department, frozenset(spec.fields) - {PRESENCE}) for code, spec in GROUPS.items() if code != "identity"
    }


def test_no_repr_of_a_manifest_shows_a_secret():
    for path in MANIFESTS:
        shown = repr(parse(path.name, path.read_text(encoding="utf-8"), SETTINGS))
        assert not any(secret in shown for secret in SECRETS)


def test_only_a_graph_takes_several_groups_in_one_call():
    text = Path("connectors/manifests/GZ.toml").read_text(encoding="utf-8").replace("gather = true", "gather = true\ntogether = true")
    with pytest.raises(ManifestFault, match=r"GZ\.toml\.limits\.together: only a department with a graph of its own"):
        parse("GZ.toml", text, SETTINGS)


@pytest.mark.parametrize(("old", "new", "fault"), [
    ('title = "民政局"', 'title = "民政局"\ncolour = "red"', "MZ.toml.colour: unknown key"),
    ("gather = true", "gather = true\nretry = 5", "MZ.toml.limits.retry: unknown key"),
    ('list = "assistance"', 'list = "assistance"\nwhere = "1=1"', "MZ.toml.groups.civilAssistance.call.where: unknown key"),
    ('kind = "decimal" }', 'kind = "decimal", unit = "yuan" }', "MZ.toml.groups.civilAssistance.fields.monthlyAmount.unit: unknown key"),
    ('kind = "decimal"', 'kind = "money"', "MZ.toml.groups.civilAssistance.fields.monthlyAmount.kind: unknown; one of "),
    ('protocol = "graphql"', 'protocol = "ftp"', "MZ.toml.protocol: unknown; one of "),
    ('scheme = "bearer"', 'scheme = "basic"', "MZ.toml.auth.scheme: unknown; one of "),
    ('token = "${MZ_BEARER}"', 'token = "hunter2"', "MZ.toml.auth.token: a secret may only be a ${SETTING} reference, never plain text"),
    ('token = "${MZ_BEARER}"', 'token = "Bearer ${MZ_BEARER}"', "MZ.toml.auth.token: a secret may only be"),
    ('token = "${MZ_BEARER}"', "", "MZ.toml.auth.token: missing"),
    ('token = "${MZ_BEARER}"', 'token = "${MZ_TOKEN}"', "MZ.toml.auth.token: setting MZ_TOKEN is not set"),
    ('place = "${MZ_URL}/graphql"', 'place = "http://10.0.0.1/graphql"', "MZ.toml.place: must begin with a ${SETTING} reference"),
    ('name = "monthly"', 'name = "monthly} persons {idNumber"', "MZ.toml.groups.civilAssistance.fields.monthlyAmount.name: not an identifier"),
    ('list = "assistance"', 'list = "assistance { kind } marriage"', "MZ.toml.groups.civilAssistance.call.list: not an identifier"),
    ('field = "persons"', 'field = "persons(asks: [])"', "MZ.toml.envelope.field: not an identifier"),
    ("batch = 100", "batch = 0", "MZ.toml.limits.batch: outside 1 to 1000"),
    ("batch = 100", "rate = -1", "MZ.toml.limits.rate: outside 0 to 60000"),
    ("batch = 100", "retries = 4", "MZ.toml.limits.retries: outside 0 to 3"),
    ("batch = 100", "failures = 0", "MZ.toml.limits.failures: outside 1 to 1000"),
    ("batch = 100", "rest = 0", "MZ.toml.limits.rest: not a number of seconds above 0"),
    ("batch = 100", "fresh_days = 0", "MZ.toml.limits.fresh_days: outside 1 to 3660"),
    ("batch = 100", 'queries_counted = "yes"', "MZ.toml.limits.queries_counted: not a bool"),
    ("batch = 100", 'batch = "100"', "MZ.toml.limits.batch: not a int"),
    ("deadline = 3.0", "deadline = 0", "MZ.toml.limits.deadline: not a number of seconds above 0"),
    (', codes = { Z = "EFFECTIVE", J = "TAPERING", T = "STOPPED" }', "", "MZ.toml.groups.civilAssistance.fields.status.codes: missing"),
    ('proof = { derive = "absent" }', 'proof = { derive = "guess" }', "MZ.toml.groups.confirmation.fields.proof.derive: unknown; one of "),
    ('proof = { derive = "absent" }', 'proof = { derive = "severe", from = ["grade", "category"] }', "'grade', which is no field"),
    ('kind = "region" }', 'kind = "region", slice = [9, 3] }', "MZ.toml.groups.civilAssistance.fields.grantRegion.slice: not two ascending positions"),
    ('kind = "decimal" }', 'kind = "decimal", computes = { band = { name = "b" } } }', "computes.band.codes: missing"),
    ('kind = "decimal" }', 'kind = "decimal", computes = { atLeast = { name = "b", codes = { 1 = true } } } }', "computes.atLeast.threshold: belongs"),
    ('kind = "decimal" }', 'kind = "decimal", computes = { full = { name = "b" } } }', "computes.full: unknown key"),
    ('freshness = "live"', 'freshness = "live', "MZ.toml: not TOML, line 8, column "),
])
def test_a_fault_is_refused_by_name(old, new, fault):
    with pytest.raises(ManifestFault) as caught:
        parse("MZ.toml", changed(old, new), SETTINGS)
    assert fault in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_setting_left_empty_is_not_set():
    with pytest.raises(ManifestFault, match="setting MZ_BEARER is not set"):
        parse("MZ.toml", MZ, {**SETTINGS, "MZ_BEARER": ""})
