"""GraphiQL: served whole and offline, or not at all with how to mend it."""

from __future__ import annotations

import hashlib
import re
import threading
from pathlib import Path

import httpx
import pytest
import uvicorn
from playwright.async_api import async_playwright
from starlette.applications import Starlette

from hub import graphiql
from hub.console import vendor
from hub.graphiql import GraphiQL
from schema import SCHEMA


def client(editor: GraphiQL) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=Starlette(routes=editor.routes())), base_url="http://hub")


@pytest.fixture
def filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A vendor directory whose files are the reviewed ones, as a manifest of the test's own says."""
    modules, target = tmp_path / "node_modules", tmp_path / "vendor"
    lines = []
    for path in vendor.manifest(vendor.MANIFEST.read_text()):
        (modules / path).parent.mkdir(parents=True, exist_ok=True)
        (modules / path).write_text(f"/* {path} */")
        lines.append(f"{hashlib.sha256((modules / path).read_bytes()).hexdigest()}  {path}")
    manifest = tmp_path / "vendor.sha256"
    manifest.write_text("\n".join(lines) + "\n")
    monkeypatch.setattr(vendor, "MANIFEST", manifest)
    vendor.copy(modules, target, vendor.manifest(manifest.read_text()))
    monkeypatch.setattr(graphiql, "VENDOR", target)
    monkeypatch.setattr(graphiql, "_FILES", {name: (target if name.endswith((".min.js", ".min.css")) else where, kind)
                                            for name, (where, kind) in graphiql._FILES.items()})
    return target


async def test_the_page_loads_its_own_files_only_under_a_strict_policy(filled: Path) -> None:
    async with client(GraphiQL(SCHEMA, vendor=filled)) as http:
        page = await http.get("/graphiql")
        assert page.status_code == 200
        loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        assert len(loaded) == 6
        for address in loaded:
            assert address.startswith("/graphiql/")
            assert (await http.get(address)).status_code == 200
        assert not re.search(r"<script>|\son\w+=|style=", page.text)
        policy = page.headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "default-src 'none'" in policy
        assert "unsafe-eval" not in policy
        assert page.headers["x-frame-options"] == "DENY"


async def test_the_schema_is_published_with_its_descriptions(filled: Path) -> None:
    async with client(GraphiQL(SCHEMA, vendor=filled)) as http:
        answer = (await http.get("/graphiql/schema.json")).json()
    assert answer["data"]["__schema"]["queryType"] ["name"] == "Query"


async def test_only_known_files_are_served(filled: Path) -> None:
    async with client(GraphiQL(SCHEMA, vendor=filled)) as http:
        for path in ("/graphiql/.installed", "/graphiql/..%2fpages.py", "/graphiql/vendor.sha256", "/graphiql/console.css"):
            assert (await http.get(path)).status_code == 404


@pytest.mark.parametrize("damage", ["missing", "altered"])
async def test_without_the_reviewed_files_nothing_is_served_but_how_to_get_them(filled: Path, damage: str) -> None:
    if damage == "missing":
        (filled / "graphiql.min.js").unlink()
    else:
        (filled / "graphiql.min.js").write_text("alert(1)")
    async with client(GraphiQL(SCHEMA, vendor=filled)) as http:
        page = await http.get("/graphiql")
        assert (page.status_code, "make vendor" in page.text) == (503, True)
        assert (await http.get("/graphiql/graphiql.min.js")).status_code == 404


def test_our_script_keeps_nothing_in_the_browser() -> None:
    script = (vendor.HERE / "static/graphiql.js").read_text()
    assert "localStorage" not in script
    assert "sessionStorage" not in script
    assert "storage: memory" in script


@pytest.mark.system
async def test_the_editor_opens_in_chromium_without_a_request_to_anywhere_else_and_without_breaking_its_policy() -> None:
    assert vendor.complete(), "run `make vendor`"
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=GraphiQL(SCHEMA).routes()), port=0, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        pass
    address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    asked, said = [], []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
        page = await browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        await page.goto(f"{address}/graphiql")
        await page.wait_for_selector(".graphiql-query-editor .CodeMirror")
        await page.get_by_label("Show Documentation Explorer").click()
        await page.wait_for_selector("text=Query")
        await page.locator(".graphiql-query-editor .CodeMirror").click()
        await page.keyboard.type("{ per")
        await page.wait_for_selector(".CodeMirror-hints")
        await page.keyboard.press("Escape")
        refused = [text for text in said if "Content Security Policy" in text]
        # A dialog would lock the page's scrolling with a style of its own; the policy refuses it and the dialog opens all the same.
        await page.get_by_label("Open short keys dialog").click()
        await page.wait_for_selector(".graphiql-dialog")
        kept = await page.evaluate("localStorage.length")
        await browser.close()
    server.should_exit = True
    thread.join()
    assert [url for url in asked if not url.startswith((address, "data:"))] == []
    assert refused == []
    assert kept == 0
