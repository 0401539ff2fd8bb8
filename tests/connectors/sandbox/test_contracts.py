"""Every department that is data: its files in docs/contracts are what it serves, and what it answers is what they say."""

from __future__ import annotations

import json
import re

import jsonschema
import pytest

from connectors.sandbox.departments import DIALECTS
from connectors.sandbox.dialect import Flat, RestDialect
from connectors.sandbox.openapi import openapi
from connectors.sandbox.registries import REGISTRIES
from connectors.sandbox.rest_department import RestDepartment
from connectors.signing import signer
from tests.connectors.sandbox.contracts import DIRECTORY, contract

REST = [pytest.param(dialect, id=dialect.code) for dialect in DIALECTS if isinstance(dialect, RestDialect)]
QUERIES = [
    pytest.param(dialect, query, id=f"{dialect.code}{query.path}")
    for dialect in DIALECTS if isinstance(dialect, RestDialect) for query in dialect.queries
]
CREDENTIALS = {"private_key": "key", "bearer": "token", "app_key": "api_key"}
"""What a setting is called as a credential of a manifest, where the two differ."""


@pytest.fixture
async def department(population, clock, dialect):
    """The department alone."""
    made = RestDepartment(population, dialect, clock=clock)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
def post(department, http, clock, random):
    async def post(dialect, query, body):
        credentials = {CREDENTIALS.get(name, name): value for name, value in department.settings.items()}
        content, url = json.dumps(body).encode(), department.url + query.path
        sign = signer(dialect.scheme, credentials, intent_header=dialect.intent_header, clock=clock, random=random)
        headers = {"Content-Type": "application/json", **sign(url, query.path, content, "intent-1, intent-2")}
        async with http.post(url, data=content, headers=headers) as answer:
            return answer.status, await answer.json()

    return post


def question(dialect, query, numbers):
    names = dialect.asking
    people = [
        {names.key: str(at), names.id: number, names.purpose: "DIBAO_REVIEW", names.approval: "case-1", names.reference: f"intent-{at}"}
        for at, number in enumerate(numbers, 1)
    ]
    return {names.organisation: "MZ-HD", names.columns: list(query.items), names.subjects: people}


@pytest.mark.parametrize("dialect", [*DIALECTS, *REGISTRIES], ids=lambda dialect: dialect.code)
def test_the_contracts_files_are_what_the_department_serves(dialect):
    path, text = contract(dialect)
    assert path.read_text(encoding="utf-8") == text, "python -m tests.connectors.sandbox.contracts writes it"


@pytest.mark.parametrize("dialect", [*DIALECTS, *REGISTRIES], ids=lambda dialect: dialect.code)
def test_the_contracts_prose_has_a_line_for_every_item(dialect):
    prose = (DIRECTORY / f"{dialect.code}.md").read_text(encoding="utf-8")
    queries = dialect.queries if isinstance(dialect, RestDialect) else (dialect.query,)
    for query in queries:
        assert query.path in prose
        assert [name for name in query.items if not re.search(rf"`{name}\b", prose)] == []


@pytest.mark.parametrize(("dialect", "query"), QUERIES)
async def test_question_answer_and_refusal_are_what_the_openapi_document_says(post, department, http, population, dialect, query):
    async with http.get(f"{department.url}/openapi.json") as answer:
        document = await answer.json()
    assert document == json.loads(json.dumps(openapi(dialect)))
    operation = document["paths"][query.path]["post"]
    known = next(person for person in population.people() if population.records(query.group, person))
    body = question(dialect, query, [known.id_number, "509999190001010015"])
    jsonschema.validate(body, operation["requestBody"]["content"]["application/json"]["schema"])
    status, told = await post(dialect, query, body)
    assert status == 200
    jsonschema.validate(told, operation["responses"]["200"]["content"]["application/json"]["schema"])
    inner = told[dialect.inside] if dialect.inside else told
    rows = inner[dialect.shape.rows] if isinstance(dialect.shape, Flat) else inner[dialect.shape.results][0][dialect.shape.records]
    assert set(rows[0]) - {dialect.asking.key} == set(query.items)
    status, refused = await post(dialect, query, {**body, dialect.asking.columns: ["no-such-item"]})
    assert status == 400
    jsonschema.validate(refused, document["components"]["schemas"]["Refusal"])


@pytest.mark.parametrize("dialect", REST)
async def test_a_question_without_proof_is_refused_and_leaves_nothing_in_the_journal(department, http, population, dialect):
    query = dialect.queries[0]
    person = next(iter(population.people()))
    url = department.url + query.path
    async with http.post(url, json=question(dialect, query, [person.id_number])) as answer:
        assert answer.status == 401
    assert not department.journal.entries
