"""The OpenAPI 3.1 document of a REST department, from its dialect: served by it, and kept beside its contract in docs/contracts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.sandbox.dialect import Flat, Nested, Query, RestDialect
from connectors.sandbox.writing import Item

Json = dict[str, Any]
_TEXT: Json = {"type": "string"}
_HEADERS = {
    "bearer": (),
    "api-key-hmac": ("X-App-Key", "X-Timestamp", "X-Nonce", "X-Signature"),
    "http-signature": ("Content-Digest", "Signature-Input", "Signature"),
}


def openapi(dialect: RestDialect) -> Json:
    """The document; what it leaves to the contract's prose is how a signature is made."""
    security: Json = {}
    document: Json = {
        "openapi": "3.1.0",
        "info": {"title": f"{dialect.title}数据查询接口", "version": "1.0", "description": f"docs/contracts/{dialect.code}.md"},
        "paths": {query.path: {"post": _operation(dialect, query)} for query in dialect.queries},
    }
    if dialect.scheme == "bearer":
        security = {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}}
        document["security"] = [{"bearer": []}]
    document["components"] = {**security, "schemas": {"Refusal": _refusal(dialect)}}
    return document


def _operation(dialect: RestDialect, query: Query) -> Json:
    refused: Json = {
        str(status): {"description": text, "content": _json({"$ref": "#/components/schemas/Refusal"})}
        for status, text in ((400, "请求格式错误"), (401, "身份验证失败"), (413, "超出单次上限"), (503, "暂停服务"))
    }
    headers = (*_HEADERS[dialect.scheme], *([dialect.intent_header] if dialect.intent_header else []))
    operation: Json = {
        "summary": query.title,
        "requestBody": {"required": True, "content": _json(_question(dialect, query))},
        "responses": {"200": {"description": "查询结果", "content": _json(_answer(dialect, query))}, **refused},
    }
    if headers:
        operation["parameters"] = [{"name": name, "in": "header", "required": True, "schema": _TEXT} for name in headers]
    return operation


def _question(dialect: RestDialect, query: Query) -> Json:
    names, comparison = dialect.asking, dialect.comparison
    subject = _object({name: {"type": "string", "minLength": 1} for name in names.subject})
    parts: Json = {
        names.organisation: _TEXT,
        names.columns: {"type": "array", "items": {"enum": list(query.items)}, "maxItems": 20},
        names.subjects: {"type": "array", "items": subject, "minItems": 1, "maxItems": dialect.batch},
    }
    required = list(parts)
    if isinstance(dialect.shape, Flat):
        parts[dialect.shape.page_size] = {"type": "integer", "minimum": 1, "maximum": dialect.shape.most}
        parts[dialect.shape.page_mark] = {"type": ["string", "null"]}
    if comparison is not None and comparison.of in query.items:
        limit = _object({comparison.name: {"const": comparison.of}, comparison.amount: _TEXT})
        parts[comparison.asked] = {"type": "array", "items": limit, "maxItems": comparison.most}
    return {"type": "object", "properties": parts, "required": required}


def _answer(dialect: RestDialect, query: Query) -> Json:
    inner = {**(_nested if isinstance(dialect.shape, Nested) else _flat)(dialect, query), dialect.as_of: _TEXT}
    ok = {name: {"const": value} for name, value in dialect.ok.items()}
    return _object({**ok, **({dialect.inside: _object(inner)} if dialect.inside else inner)})


def _nested(dialect: RestDialect, query: Query) -> Json:
    shape, names = dialect.shape, dialect.asking
    assert isinstance(shape, Nested)  # noqa: S101 - chosen by the caller
    record = {"type": "object", "properties": _items(dialect, query), "additionalProperties": False}
    result = _object({
        names.key: _TEXT, names.id: _TEXT, shape.status: {"type": "string", "description": f"{shape.found} 有记录，{shape.none} 无记录，其他值表示此人未能处理"},
        shape.records: {"type": "array", "items": record},
    })
    return {shape.results: {"type": "array", "items": result}}


def _flat(dialect: RestDialect, query: Query) -> Json:
    shape, key = dialect.shape, dialect.asking.key
    assert isinstance(shape, Flat)  # noqa: S101 - chosen by the caller
    row = {"type": "object", "properties": {key: _TEXT, **_items(dialect, query)}, "required": [key], "additionalProperties": False}
    return {
        shape.rows: {"type": "array", "items": row}, shape.without: {"type": "array", "items": _TEXT},
        shape.total: {"type": "integer"}, shape.next_page: {"type": ["string", "null"]},
    }


def _items(dialect: RestDialect, query: Query) -> Json:
    items = {name: _item(item, dialect.null) for name, item in query.items.items()}
    comparison = dialect.comparison
    if comparison is not None and comparison.of in query.items:
        items[comparison.told] = {"type": "array", "items": {"enum": ["1", "0", ""]}, "description": "与阈值逐一比较"}
    return items


def _item(item: Item, null: str | None) -> Json:
    described = f"{item.title}（{item.writer.note}）" if item.writer.note else item.title
    return {"description": described, "anyOf": [dict(item.writer.shape), {"type": "null"} if null is None else {"const": null}]}


def _refusal(dialect: RestDialect) -> Json:
    code, text = dialect.failure
    return _object({**{name: {"const": value} for name, value in dialect.not_ok.items()}, code: _TEXT, text: _TEXT})


def _object(properties: Mapping[str, Any]) -> Json:
    return {"type": "object", "properties": dict(properties), "required": list(properties)}


def _json(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}
