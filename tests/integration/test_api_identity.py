"""Identities and the doors' key, as browsers and programs get them."""

import base64
import json
import os

import pytest

from stack import Stack
from web import wait_until


@pytest.fixture(scope="module")
def stack(database):
    with Stack(database, workers=2) as stack:
        yield stack


def test_a_browser_keeps_the_identity_that_it_has(stack):
    client = stack.client("x")
    first = client.post("/api/identity", {"use": "cookie"})
    assert first.status == 201, first
    cookie = first.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    pair = cookie.split(";")[0]
    again = client.request("POST", "/api/identity", b'{"use":"cookie"}',
                           {"Cookie": f"a=b; {pair}; c=d"})
    assert again.status == 200, again
    assert again.headers["Set-Cookie"].split(";")[0] == pair
    assert pair.split("=")[1] not in json.dumps(again.json)


def test_a_cookie_asked_for_by_https_is_never_sent_in_the_clear(stack):
    answer = stack.client("x").request(
        "POST", "/api/identity", b'{"use":"cookie"}', {"X-Forwarded-Proto": "https"}
    )
    assert "Secure" in answer.headers["Set-Cookie"].split("; ")


def test_a_program_gets_a_token_and_no_cookie(stack):
    client = stack.client("x")
    tokens = {client.post("/api/identity", {}).json["token"] for _ in range(20)}
    assert len(tokens) == 20
    assert "Set-Cookie" not in client.post("/api/identity", {}).headers


def test_nothing_that_makes_an_identity_is_ever_cached(stack):
    client = stack.client("x")
    answer = client.post("/api/identity", {"use": "cookie"})
    assert answer.headers["Cache-Control"] == "no-store"
    other = client.post("/api/identity", {"use": "cookie"})
    assert answer.headers["Set-Cookie"] != other.headers["Set-Cookie"]


def test_all_workers_show_one_key_and_say_304(stack):
    client = stack.client("x")
    first = client.get("/api/keys")
    (key,) = first.json["keys"]
    assert len(base64.urlsafe_b64decode(key["x"] + "=")) == 32
    again = client.request("GET", "/api/keys",
                           headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.raw) == (304, b"")


@pytest.mark.parametrize(
    "method, path, body, status, word",
    [
        ("GET", "/api/nothing", b"", 404, "not-found"),
        ("GET", "/api/identity", b"", 405, "method-not-allowed"),
        ("POST", "/api/keys", b"", 405, "method-not-allowed"),
        ("POST", "/api/identity", b"x" * 65537, 413, "body-too-large"),
        ("POST", "/api/identity", b"{", 400, "bad-request"),
    ],
)
def test_errors_of_nginx_and_worker_are_problems(stack, method, path, body, status, word):
    answer = stack.client("x").request(method, path, body)
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["type"] == f"/problems/{word}"
    assert answer.json["status"] == status


def test_the_board_is_behind_a_password(stack):
    client = stack.client("x")
    for path in ("/board", "/board/", "/api/events/default/board"):
        assert client.get(path).status == 401
    good = base64.b64encode(":".join(stack.nginx.BOARD).encode()).decode()
    answer = client.request("GET", "/board/nothing", headers={"Authorization": f"Basic {good}"})
    assert answer.status == 404


def test_without_a_secret_the_published_calls_work_alone(stack):
    worker = stack.worker(SECRET_FILE="")
    import fastcgi

    with worker:
        sale = {"ticket_id": "1", "client_id": "ann"}
        assert fastcgi.post(worker.socket, "/reserve_ticket", sale).status == 200
        refused = fastcgi.post(worker.socket, "/api/identity", {})
        assert (refused.status, refused.json["type"]) == (503, "/problems/not-configured")
        assert fastcgi.post(worker.socket, "/release_ticket", sale).status == 200


def test_a_changed_secret_loses_nobody_his_identity(database, tmp_path):
    """The one before lies beside it as .old: read, renewed, and still a door's."""
    secret = tmp_path / "secret"
    with Stack(database, workers=1) as stack:
        worker = stack.workers[0]
        worker.environment["SECRET_FILE"] = str(secret)
        client = stack.client("x")

        def change(old):
            worker.stop()
            if old:
                secret.rename(f"{secret}.old")
            secret.write_bytes(os.urandom(32))
            secret.chmod(0o600)
            worker.start()

        def keys():
            return [key["x"] for key in client.get("/api/keys").json["keys"]]

        def orders(pair):
            return client.request("GET", "/api/orders", headers={"Cookie": pair})

        change(old=False)
        wait_until(lambda: len(keys()) == 1, 10, "one key")
        first = keys()
        made = client.post("/api/identity", {"use": "cookie"}).headers["Set-Cookie"]
        pair = made.split(";")[0]
        assert "Set-Cookie" not in orders(pair).headers
        change(old=True)
        wait_until(lambda: keys()[1:] == first, 10, "the new key, and the one before")
        answer = orders(pair)
        renewed = answer.headers["Set-Cookie"].split(";")[0]
        assert answer.status == 200 and renewed != pair
        assert renewed.split(".")[:2] == pair.split(".")[:2]  # the same identity
        assert "Set-Cookie" not in orders(renewed).headers
        change(old=True)
        assert orders(renewed).status == 200
        assert orders(pair).status == 403
