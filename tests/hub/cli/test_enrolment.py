"""organisation, client, platform, catalogue, officer: each change is stored, listed, and on its way into the log."""

from __future__ import annotations

from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from hub.actor import operator
from schema.register import GROUPS
from tests.hub.cli.conftest import key_pair

DOCUMENT = "query Q($id: ID!) { person(id: $id) { id } }"
CATALOGUE = """
[[entry]]
id = "GA-vehicle"
fact_group = "vehicle"
name = "机动车"
provider = "公安局"
items = ["号牌号码", "登记日期"]
format = "JSON"
frequency = "实时"
modes = ["API"]
grade = "重要/L2"
attribute = "CONDITIONAL"
departments = ["MZ", "MZ-HD"]
purposes = ["DIBAO_REVIEW"]
legal_basis = "SAL §41"
valid_from = 2026-01-01

[[entry]]
id = "SW-tax"
fact_group = "tax"
name = "税务"
provider = "税务局"
items = ["应税收入"]
format = "XML"
frequency = "每月"
modes = ["API", "FILE"]
grade = "重要/L3"
attribute = "NOT_SHARED"
legal_basis = "GDS §15"
valid_from = 2026-01-01
"""


def test_an_organisation_is_added_changed_and_listed(desk) -> None:
    arguments = ("organisation", "add", "O", "--department", "JY", "--region", "500152", "--role", "DEPT_SYSTEM")
    assert "500152000000" in desk.run(*arguments, "--name", "教委")
    desk.run(*arguments, "--name", "教育委员会", "--alias", "教委")
    assert desk.ask("SELECT name, aliases, region FROM organisation") == [("教育委员会", ["教委"], "500152000000")]
    assert "教育委员会" in desk.run("organisation", "list")
    assert desk.outbox() == [("ORGANISATION_ENROLLED", "O")] * 2


@pytest.mark.parametrize(
    ("given", "said"),
    [(("--department", "XX"), "XX"), (("--region", "5001"), "6 or 12 digits"), (("--role", "KING"), "KING"), (("--name", "x", "--nonsense"), "--nonsense")],
)
def test_a_wrong_command_line_ends_with_2_and_changes_nothing(desk, given, said) -> None:
    right = {"--name": "x", "--department": "JY", "--region": "500152", "--role": "DEPT_SYSTEM"}
    for name in set(given) & set(right):
        del right[name]
    output = desk.run("organisation", "add", "O", *given, *(word for pair in right.items() for word in pair), code=2)
    assert said in output
    assert desk.ask("SELECT count(*) FROM organisation") == [(0,)]


def test_a_client_is_added_listed_and_disabled_for_every_worker(office) -> None:
    assert "mz-1" in office.run("client", "list")
    office.run("client", "disable", "mz-1")
    assert office.ask("SELECT active FROM client") == [(False,)]
    assert office.ask("SELECT kind, ref FROM revocation") == [("CLIENT", "mz-1")]
    assert office.said_by()[-1] == ("CLIENT_REVOKED", operator(), "", "")
    assert "no active client" in office.run("client", "disable", "mz-1", code=1)


def test_a_client_of_nobody_is_refused_without_a_trace(desk) -> None:
    _, jwks = key_pair("k")
    path = desk.file("k.json", jwks)
    said = desk.run("client", "add", "c", "--organisation", "nobody", "--name", "n", "--jwks", path, "--purpose", "DIBAO_REVIEW", code=1)
    assert "not enrolled" in said
    assert desk.outbox() == []


def test_private_keys_are_refused_and_not_repeated(desk) -> None:
    key, _ = key_pair("k")
    private = dict(key.as_dict(private=True))
    path = desk.file("private.json", {"keys": [private]})
    for command in (("client", "add", "c", "--organisation", "o", "--purpose", "DIBAO_REVIEW"), ("platform", "add", "p")):
        said = desk.run(*command, "--name", "n", "--jwks", path, code=2)
        assert "private key" in said
        assert private["d"] not in said
    assert "not JSON" in desk.run("platform", "add", "p", "--name", "n", "--jwks", desk.file("x.json", "{nope"), code=2)
    symmetric = desk.file("oct.json", {"keys": [{"kty": "oct", "kid": "s", "k": "c2VjcmV0"}]})
    assert "c2VjcmV0" not in desk.run("platform", "add", "p", "--name", "n", "--jwks", symmetric, code=2)


def test_an_operation_is_registered_allowed_and_withdrawn(office) -> None:
    digest = sha256(DOCUMENT.encode()).hexdigest()
    path = office.file("q.graphql", DOCUMENT)
    assert digest in office.run("client", "allow-operation", "mz-1", path)
    office.run("client", "allow-operation", "mz-1", digest)  # again, by its hash: no change
    assert office.ask("SELECT client_id, c.hash, document FROM client_operation c JOIN persisted_operation USING (hash)") == [("mz-1", digest, DOCUMENT)]
    office.run("client", "allow-operation", "mz-1", path, "--withdraw")
    assert office.ask("SELECT count(*) FROM client_operation") == [(0,)]
    assert [kind for kind, _ in office.outbox()][-3:] == ["OPERATION_ALLOWED", "OPERATION_ALLOWED", "OPERATION_WITHDRAWN"]
    assert {shell for kind, _, _, shell in office.said_by() if kind != "OPERATION_REGISTERED"} == {operator()}, "of who enrolled the office, too"
    assert office.ask("SELECT registered_by FROM persisted_operation") == [(operator(),)]


def test_an_operation_nobody_registered_or_the_hub_would_not_serve_is_not_allowed(office) -> None:
    before = office.outbox()
    assert "not enrolled" in office.run("client", "allow-operation", "mz-1", "0" * 64, code=1)
    bad = office.file("bad.graphql", "{ nothing }")
    assert "nothing" in office.run("client", "allow-operation", "mz-1", bad, code=1)
    assert office.outbox() == before


def test_a_platform_is_added_and_listed(desk) -> None:
    _, jwks = key_pair("platform-7")
    desk.run("platform", "add", "cq-jiuzhutong", "--name", "救助通", "--jwks", desk.file("p.json", jwks))
    assert "platform-7" in desk.run("platform", "list")
    sending = ("platform", "add", "tn-handling", "--name", "n", "--jwks", desk.file("p.json", jwks), "--sends", "PROGRESS", "--collects", "LEAD")
    assert "--region" in desk.run(*sending, code=2)
    assert "sends PROGRESS" in desk.run(*sending, "--region", "500152000000")
    assert "LEAD" in desk.run("platform", "list")
    assert desk.outbox() == [("PLATFORM_ENROLLED", "cq-jiuzhutong"), ("PLATFORM_ENROLLED", "tn-handling")]


def test_the_catalogue_is_loaded_whole(desk) -> None:
    assert "2 entries" in desk.run("catalogue", "load", desk.file("c.toml", CATALOGUE))
    assert desk.ask("SELECT fact_group, attribute, departments FROM catalogue_entry ORDER BY id") == [
        ("vehicle", "CONDITIONAL", ["MZ", "MZ-HD"]), ("tax", "NOT_SHARED", []),
    ]
    assert "GA-vehicle" in desk.run("catalogue", "list")
    assert {"vehicle", "tax"} <= set(GROUPS)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (('fact_group = "tax"', 'fact_group = "taxes"'), "entry SW-tax: there is no fact group taxes"),
        (('purposes = ["DIBAO_REVIEW"]', 'purposes = ["WHATEVER"]'), "no purpose WHATEVER"),
        (('purposes = ["DIBAO_REVIEW"]', ""), "names departments and purposes"),
        (('attribute = "NOT_SHARED"', 'attribute = "SECRET"'), "attribute is one of"),
        (("valid_from = 2026-01-01", 'valid_from = "soon"'), "valid_from is a day"),
        (('provider = "公安局"\n', ""), "has no provider"),
        (('id = "SW-tax"', 'id = "GA-vehicle"'), "twice"),
        (('name = "税务"', 'nome = "税务"'), "name"),
        (("[[entry]]", "[[entry"), "not TOML"),
    ],
)
def test_a_catalogue_with_one_fault_publishes_nothing(desk, wrong, said) -> None:
    assert said in desk.run("catalogue", "load", desk.file("c.toml", CATALOGUE.replace(*wrong)), code=1)
    assert desk.ask("SELECT count(*) FROM catalogue_entry") == [(0,)]


def test_an_officer_s_password_is_stored_as_argon2_and_never_shown(office) -> None:
    password = "长 correct horse battery"
    said = office.run("officer", "add", "li", "--organisation", "mz-hd-500152", "--password-stdin", input=password + "\n")
    ((stored,),) = office.ask("SELECT password FROM console_user WHERE name = 'li'")
    Argon2id.verify_phc_encoded(password.encode(), stored)
    assert password not in said
    said = office.run("officer", "add", "li", "--organisation", "mz-hd-500152", input=f"{password}2\n{password}2\n")
    assert password not in said
    ((changed,),) = office.ask("SELECT password FROM console_user WHERE name = 'li'")
    Argon2id.verify_phc_encoded(f"{password}2".encode(), changed)


def test_a_short_password_and_an_unknown_organisation_are_refused(office) -> None:
    assert "at least 12" in office.run("officer", "add", "li", "--organisation", "mz-hd-500152", "--password-stdin", input="short\n", code=1)
    assert "not enrolled" in office.run("officer", "add", "li", "--organisation", "no", "--password-stdin", input="long enough password\n", code=1)
    assert office.ask("SELECT count(*) FROM console_user") == [(0,)]


def test_a_client_is_enrolled_by_its_keys_or_by_one_name_of_its_certificate(office) -> None:
    add = ("client", "add", "mz-3", "--organisation", "mz-hd-500152", "--name", "证书系统", "--purpose", "DIBAO_REVIEW")
    subject, proven = ("--tls-client-auth-subject-dn", "CN=核对系统,C=CN"), ("--officer-identity", "proven")
    said = office.run(*add, *subject, *proven)
    assert "a certificate's tls_client_auth_subject_dn" in said
    assert office.ask("SELECT tls_client_auth ->> 'tls_client_auth_subject_dn', officer_identity FROM client WHERE id = 'mz-3'") == [("CN=核对系统,C=CN", "proven")]
    assert office.ask("SELECT count(*) FROM client WHERE tls_client_auth IS NULL AND id = 'mz-1'") == [(1,)]
    _, jwks = key_pair("k")
    keys = ("--jwks", office.file("mz-3.json", jwks))
    for wrong, why in (
        (subject, "names no officer"), ((*subject, *proven, *keys), "not both"), (proven, "exactly one of"),
        ((*subject, *proven, "--tls-client-auth-san-dns", "hd.test"), "exactly one of"), (("--tls-client-auth-san-dns", "*.test", *proven), "no pattern"),
    ):
        assert why in office.run(*add, *wrong, code=2)


def test_a_certificates_name_stands_for_one_active_client_however_it_is_written(office) -> None:
    def add(client: str, *name: str, code: int = 0) -> str:
        more = ("--organisation", "mz-hd-500152", "--name", "证书系统", "--purpose", "DIBAO_REVIEW", "--officer-identity", "proven")
        return office.run("client", "add", client, *name, *more, code=code)

    for kind, one, other in (
        ("--tls-client-auth-subject-dn", "CN=核对系统,C=CN", "2.5.4.3=核对系统,C=CN"), ("--tls-client-auth-san-dns", "hd.test", "HD.test"),
        ("--tls-client-auth-san-uri", "https://hd.test/a", "https://hd.test/a"),
    ):
        add("mz-3", kind, one)
        add("mz-3", kind, other)  # the same client may be enrolled anew
        assert "another active client is enrolled for this name" in add("mz-4", kind, other, code=1)
        assert office.ask("SELECT id FROM client WHERE id = 'mz-4'") == []
    office.run("client", "disable", "mz-3")
    add("mz-4", kind, one)  # the system has another id now
    assert "another active client" in add("mz-3", kind, one, code=1)
