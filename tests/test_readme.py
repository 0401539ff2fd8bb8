"""What the READMEs and pages say is so: commands, settings, question, answer, links, paths, bytes."""

from __future__ import annotations

import json
import re
import tomllib
import zlib
from base64 import urlsafe_b64decode
from dataclasses import MISSING, fields
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml
from graphql import get_operation_ast, parse, validate
from joserfc.jwk import KeySet

from hub.canonical import canonical
from hub.cli import COMMANDS
from hub.http_signatures import Request, Response
from hub.regions.agreement import Agreement, open_agreement
from hub.regions.asking import public_keys
from hub.regions.credential import BINDING, CredentialRefused, reduced, verify
from hub.regions.exchange import verify_request, verify_response
from hub.regions.status_list import standing
from hub.settings import Settings
from schema import SCHEMA

ROOT = Path(__file__).resolve().parents[1]
READMES = ("README.md", "README.zh-CN.md")
PAGES = (*READMES, "CONTRIBUTING.md", *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")))
NINE = timezone(timedelta(hours=8))
AT = datetime(2026, 11, 23, 9, 0, tzinfo=NINE)


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def block(page: str, name: str) -> str:
    """The code block that follows the comment `name`."""
    found = re.search(rf"<!-- {re.escape(name)} -->\n```\w*\n(.*?)\n```", text_of(page), flags=re.DOTALL)
    assert found, f"{page} has no block '{name}'"
    return found[1]


def headings(page: str) -> list[str]:
    bare = re.sub(r"```.*?```", "", text_of(page), flags=re.DOTALL)
    return re.findall(r"^(#{1,3}) ", bare, flags=re.MULTILINE)


@pytest.mark.parametrize("page", READMES)
def test_commands_of_make_are_targets(page: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), flags=re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z-]+)", text_of(page)))
    assert {"demo", "test", "bench"} <= named <= targets


@pytest.mark.parametrize("page", READMES)
def test_the_commands_named_are_the_commands_there_are(page: str) -> None:
    listed = re.search(r"`hub (serve \|[^`]*)`", text_of(page))
    assert listed
    assert [name.strip() for name in listed[1].split("|")] == list(COMMANDS)


@pytest.mark.parametrize("page", [page for page in PAGES if page.startswith("docs/")])
def test_a_page_shows_commands_that_exist(page: str) -> None:
    shown = re.findall(r"(?:^|[`$] ?)hub ([a-z-]+)(?= |`|$)", text_of(page), flags=re.MULTILINE)
    assert set(shown) <= set(COMMANDS)


@pytest.mark.parametrize("page", READMES)
def test_the_table_of_settings_is_whole_and_its_defaults_true(page: str) -> None:
    rows = dict(re.findall(r"^\| `(HUB_\w+)` \| (\S+) \|", text_of(page), flags=re.MULTILINE))
    expected = {}
    for field in fields(Settings):
        if field.default is MISSING:
            expected[f"HUB_{field.name.upper()}"] = {"README.md": "required", "README.zh-CN.md": "必填"}[page]
        elif field.default == "":
            expected[f"HUB_{field.name.upper()}"] = {"README.md": "empty", "README.zh-CN.md": "空"}[page]
        else:
            shown = int(field.default) if isinstance(field.default, bool) else field.default
            expected[f"HUB_{field.name.upper()}"] = f"`{shown}`"
    assert rows == expected


def test_both_readmes_have_the_same_sections_blocks_links_and_paths() -> None:
    english, chinese = (text_of(page) for page in READMES)
    assert headings("README.md") == headings("README.zh-CN.md")
    assert re.findall(r"^```\w*$", english, flags=re.MULTILINE) == re.findall(r"^```\w*$", chinese, flags=re.MULTILINE)
    targets = [sorted(set(re.findall(r"\]\(([^)]+)\)", text)) - set(READMES)) for text in (english, chinese)]
    assert targets[0] == targets[1]
    assert block("README.md", "question") == block("README.zh-CN.md", "question")
    assert block("README.md", "answer") == block("README.zh-CN.md", "answer")
    assert places("README.md") == places("README.zh-CN.md")
    assert max(len(text.splitlines()) for text in (english, chinese)) <= 250


def test_both_readmes_count_the_fact_groups_departments_answer() -> None:
    answered = {group for path in (ROOT / "connectors/manifests").glob("*.toml") for group in tomllib.loads(path.read_text("utf-8"))["groups"]}
    assert f"All {len(answered)} fact groups are answered" in text_of("README.md")
    assert f"{len(answered)} 组事实均有部门答复" in text_of("README.zh-CN.md")


def places(page: str) -> list[str]:
    """First cells of the table of paths."""
    return re.findall(r"^\| (`[\w./]+/`(?: `[\w./]+/`)*) \|", text_of(page), flags=re.MULTILINE)


@pytest.mark.parametrize("page", READMES)
def test_every_path_named_exists(page: str) -> None:
    assert len(places(page)) > 10
    named = set(re.findall(r"`((?:hub|schema|connectors|policies|tests|docs|migrations|benchmarks)/[\w./-]*)`", text_of(page)))
    assert not [path for path in named if not (ROOT / path).exists()]


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    links = [link for link in re.findall(r"\]\(([^)#\s]+)", text_of(page)) if "://" not in link]
    assert not [link for link in links if not ((ROOT / page).parent / link).exists()]


def test_the_question_shown_is_a_question_of_the_graph() -> None:
    assert not validate(SCHEMA, parse(block("README.md", "question")))


def test_the_answer_shown_answers_exactly_the_question() -> None:
    operation = get_operation_ast(parse(block("README.md", "question")))
    answer = json.loads(block("README.md", "answer"))
    assert operation
    fits(operation.selection_set, answer["data"])
    people = {member["relation"]: member["person"] for member in answer["data"]["case"]["household"]["members"]}
    assert people["20"]["vehicle"]["status"] == "NOT_AUTHORIZED"
    assert people["20"]["vehicle"]["records"] is None


def fits(selections: Any, value: Any) -> None:
    """The value has a key for each field asked, in that order, and no other."""
    if value is None or selections is None:
        return
    for one in value if isinstance(value, list) else [value]:
        assert list(one) == [field.name.value for field in selections.selections]
        for field in selections.selections:
            fits(field.selection_set, one[field.name.value])


def test_the_tests_named_for_the_promises_exist() -> None:
    page, promises = text_of("docs/architecture.md"), text_of("tests/hub/test_promises.py")
    named = re.findall(r"`(test_\d_\w+)`", page)
    assert {name[5] for name in named} >= set("13456789")
    assert not [name for name in named if f"def {name}(" not in promises]
    assert len(re.findall(r"^\d\. \*\*", text_of("README.md"), flags=re.MULTILINE)) == 9


def test_compose_gives_each_replica_the_files_the_operations_page_names() -> None:
    compose = yaml.safe_load(text_of("docker-compose.yml"))
    hub = compose["services"]["hub-a"]
    assert hub["environment"]["HUB_SOURCES"] == "/run/secrets/hub_sources"
    assert set(hub["secrets"]) <= set(compose["secrets"])
    page = text_of("docs/operations.md")
    assert not [secret["file"] for secret in compose["secrets"].values() if secret["file"].removeprefix("./") not in page]
    # The volume is shared, the metrics of workers must not be.
    assert any(mount.startswith("/var/lib/hub/metrics:") for mount in hub["tmpfs"])


# docs/regions.md shows the bytes; they are verified as a neighbour would.


@pytest.fixture(scope="module")
def agreement() -> Agreement:
    """The agreement of the page. Its own key is taken from the document: whose it is, other tests hold."""
    document = json.loads(block("docs/regions.md", "agreement"))
    signatures = json.loads(block("docs/regions.md", "signatures"))
    own = next(iter(KeySet.import_key_set(document["parties"]["500152000000"]["jwks"]).keys))
    return open_agreement(canonical(document), signatures, own_region="500152000000", own_key=own)  # type: ignore[arg-type]


def message(name: str) -> tuple[str, dict[str, str]]:
    """First line and headers of a message shown."""
    first, *lines = block("docs/regions.md", name).splitlines()
    return first, dict(line.split(": ", 1) for line in lines)


def test_the_agreement_shown_is_signed_by_both(agreement: Agreement) -> None:
    assert agreement.purposes == {"RESULT_RECOGNITION"}
    shown = block("docs/regions.md", "agreement").encode()
    assert canonical(json.loads(shown)) == shown


def test_request_and_response_shown_are_signed_and_bound(agreement: Agreement) -> None:
    first, headers = message("request")
    method, url = first.split()
    request = Request(method, url, headers)
    body = block("docs/regions.md", "body").encode()
    asking, answering = agreement.parties["500152000000"], agreement.parties["511725000000"]
    kid, _ = verify_request(request, body, keys=public_keys(asking.signing), now=AT)
    assert kid == "500152000000-1"
    status, headers = message("response")
    sealed = block("docs/regions.md", "response body").encode()
    assert verify_response(Response(int(status), request, headers), sealed, keys=public_keys(answering.signing), now=AT) == "511725000000-1"


def test_the_credential_shown_verifies_and_tells_what_the_page_says(agreement: Agreement) -> None:
    party = agreement.parties["511725000000"]
    compact, number = block("docs/regions.md", "credential"), json.loads(block("docs/regions.md", "content"))["subjects"][0]["idNumber"]
    found = verify(compact, keys=party.signing, issuer=party.url, id_number=number, now=AT)
    disclosed = [json.loads(line) for line in block("docs/regions.md", "disclosures").splitlines()]
    assert found.claims == {name: value for _, name, value in disclosed if name != BINDING}
    token, *parts = compact.rstrip("~").split("~")
    assert json.loads(_plain(token.split(".")[1])) == json.loads(block("docs/regions.md", "payload"))
    assert [json.loads(_plain(part)) for part in parts] == disclosed
    less = verify(reduced(compact, {"category"}), keys=party.signing, issuer=party.url, id_number=None, now=AT)
    assert less.claims == {"category": "DIBAO_EDGE"}
    with pytest.raises(CredentialRefused, match="another person"):
        verify(compact, keys=party.signing, issuer=party.url, id_number="519901198505057783", now=AT)


def test_the_status_list_shown_says_what_the_page_says(agreement: Agreement) -> None:
    party = agreement.parties["511725000000"]
    token, uri = block("docs/regions.md", "status"), f"{party.url}/regions/status-list"
    assert standing(token, 7, uri=uri, keys=party.signing, now=AT)
    assert not standing(token, 3, uri=uri, keys=party.signing, now=AT)
    payload = json.loads(block("docs/regions.md", "status payload"))
    assert json.loads(_plain(token.split(".")[1])) == payload
    assert len(zlib.decompress(_plain(payload["status_list"]["lst"]))) * 8 == 1024


def _plain(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_the_page_hashes_what_it_says() -> None:
    shown = block("docs/regions.md", "agreement").encode()
    signature = json.loads(block("docs/regions.md", "signatures"))["511725000000"]
    assert json.loads(_plain(signature.split(".")[1])) == {"code": "EXAMPLE-2026-01", "sha256": sha256(shown).hexdigest()}
