"""Who gets in: the token once in the address, then a cookie or a header; one name only; one page and one stream."""

from __future__ import annotations

import http.client
import json
from http.client import HTTPResponse
from urllib.parse import urlsplit

import pytest

from lsp_search.dashboard import page
from tests.dashboard.browser import Served


def get(site: Served, path: str, headers: dict[str, str] | None = None) -> HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", site.site.port, timeout=10)
    connection.request("GET", path, headers=headers or {})
    return connection.getresponse()


def token(site: Served) -> str:
    return urlsplit(site.site.url).query.removeprefix("token=")


def bearer(site: Served) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(site)}"}


@pytest.mark.parametrize(
    "path", ["/", "/events", "/nothing", "/?token=wrong", "/events?token=", "/?token=%C3%A9"]
)
def test_nobody_gets_in_without_the_token(site: Served, path: str) -> None:
    answer = get(site, path)
    assert answer.status == 403
    assert token(site).encode() not in answer.read()


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic x"},
        {"Cookie": "lsp-search=wrong"},
        {"Cookie": "é"},
    ],
)
def test_a_wrong_token_is_none(site: Served, headers: dict[str, str]) -> None:
    assert get(site, "/", headers).status == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "[::1]:{port}", ""]
)
def test_a_foreign_name_is_refused_even_with_the_token(site: Served, host: str) -> None:
    headers = {**bearer(site), "Host": host.format(port=site.site.port)}
    assert get(site, "/", headers).status == 403
    assert get(site, f"/?token={token(site)}", headers).status == 403


def test_the_address_is_changed_for_a_cookie(site: Served) -> None:
    entered = get(site, urlsplit(site.site.url).path + "?" + urlsplit(site.site.url).query)
    assert (entered.status, entered.headers["Location"]) == (303, "/")
    cookie, *attributes = entered.headers["Set-Cookie"].split("; ")
    assert {"httponly", "samesite=strict"} <= {attribute.lower() for attribute in attributes}
    assert get(site, "/", {"Cookie": cookie}).status == 200
    assert get(site, "/", {"Cookie": cookie, "Host": f"localhost:{site.site.port}"}).status == 200


def test_the_page_may_load_nothing(site: Served) -> None:
    answer = get(site, "/", bearer(site))
    said = answer.headers["Content-Security-Policy"]
    assert said.startswith("default-src 'none';")
    assert "unsafe" not in said
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    again = get(site, "/", bearer(site))
    assert again.headers["Content-Security-Policy"] != said, "a nonce is used once"


def test_the_page_holds_all_its_parts() -> None:
    text = page.html("abc123")
    assert "NONCE" not in text
    assert "src=" not in text
    assert text.count('<script nonce="abc123">') == text.count("<script") == text.count("</script>")
    assert text.count('<style nonce="abc123">') == text.count("<style") == text.count("</style>")
    assert "uPlot" in text


def test_a_nonce_cannot_bring_markup_in() -> None:
    with pytest.raises(ValueError, match="letters and digits"):
        page.html('"><script>')


def test_a_stream_begins_with_what_is_known(site: Served) -> None:
    site.feed.publish("status", {"state": "starting"})
    site.feed.publish("status", {"state": "ready"})
    site.feed.publish("history", {"rows": [{"at": 4e9, "queries": 1}]})
    site.feed.publish("history", {"rows": [{"at": 4e9 + 60, "queries": 2}]})
    answer = get(site, "/events", bearer(site))
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    said = [answer.readline() for _ in range(6)]
    messages = [json.loads(line.removeprefix(b"data: ")) for line in said if line.startswith(b"data: ")]
    assert [(one["type"], one["params"]) for one in messages] == [
        ("status", {"state": "ready"}),
        ("history", {"rows": [{"at": 4e9, "queries": 1}, {"at": 4e9 + 60, "queries": 2}]}),
    ]
    site.feed.publish("status", {"state": "indexing"})
    assert b'"indexing"' in answer.readline()
    answer.close()
