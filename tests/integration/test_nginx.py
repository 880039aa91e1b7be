"""What nginx adds: headers, cache, limits, errors as JSON, no POST twice."""

import gzip
import http.client
import json
import os
import pathlib
import socket
import subprocess
import threading

import pytest

from servers import Server
from stack import Nginx, Stack
from web import Client, free_port, wait_until

SRC = pathlib.Path(os.environ.get("HOLDFAST_SRC", pathlib.Path(__file__).parents[2]))
OWN_FILES_ONLY = ("default-src 'none'", "script-src 'self'", "style-src 'self'")


@pytest.fixture(scope="module")
def stack(database):
    with Stack(database, tickets=100) as stack:
        yield stack


@pytest.mark.parametrize(
    "method, path",
    [
        ("GET", "/"),
        ("GET", "/css/base.css"),
        ("GET", "/available_tickets"),
        ("GET", "/nowhere"),
        ("POST", "/reserve_ticket"),
        ("DELETE", "/book_ticket"),
    ],
)
def test_security_headers_are_on_every_answer(stack, method, path):
    answer = stack.client("x").request(method, path)
    policy = answer.headers["Content-Security-Policy"]
    assert all(part in policy for part in OWN_FILES_ONLY), policy
    assert "unsafe" not in policy and "http" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Cache-Control"] in ("no-cache", "no-store")
    assert len(answer.headers.get_all("Cache-Control")) == 1
    assert answer.headers["Server"] == "nginx", "no version"


@pytest.mark.parametrize(
    "method, path, status, code",
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("POST", "/", 405, "method_not_allowed"),
        ("GET", "/book_ticket", 405, "method_not_allowed"),
        ("PUT", "/reserve_ticket", 405, "method_not_allowed"),
        ("POST", "/available_tickets", 405, "method_not_allowed"),
    ],
)
def test_errors_are_json_with_a_code(stack, method, path, status, code):
    answer = stack.client("x").request(method, path)
    assert (answer.status, answer.code) == (status, code)
    assert answer.headers["Content-Type"] == "application/json"


def ask_raw(stack, request):
    """The answer to these bytes, whatever they are; the server hangs up."""
    with socket.create_connection(("127.0.0.1", stack.port), 30) as peer:
        peer.sendall(request)
        answer = http.client.HTTPResponse(peer)
        answer.begin()
        return answer, json.loads(answer.read())


LONG = b"x" * (9 * 1024)
HOST = b"Host: localhost\r\n"
# What nginx refuses by itself: name, path and headers, status.
REFUSED = [
    ("no_host", b"GET %b HTTP/1.1\r\n\r\n", 400),
    ("bad_header", b"GET %b HTTP/1.1\r\n" + HOST + b"a b: c\r\n\r\n", 400),
    ("bad_escape", b"GET %b%%zz HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("two_lengths", b"POST %b HTTP/1.1\r\n" + HOST
     + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
    ("bad_chunk", b"POST %b HTTP/1.1\r\n" + HOST
     + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    ("long_uri", b"GET %b?" + LONG + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
    ("long_header", b"GET %b HTTP/1.1\r\n" + HOST + b"A: " + LONG + b"\r\n\r\n", 431),
    ("coding", b"POST %b HTTP/1.1\r\n" + HOST
     + b"Transfer-Encoding: brotli\r\n\r\n", 501),
    ("version", b"GET %b HTTP/3.0\r\n" + HOST + b"\r\n", 505),
    ("trace", b"TRACE %b HTTP/1.1\r\n" + HOST + b"\r\n", 405),
    ("large_body", b"POST %b HTTP/1.1\r\n" + HOST
     + b"Content-Length: 65537\r\n\r\n", 413),
    ("large_chunks", b"POST %b HTTP/1.1\r\n" + HOST
     + b"Transfer-Encoding: chunked\r\n\r\n10001\r\n" + b"x" * 65537, 413),
]


@pytest.mark.parametrize("name, request_, status", REFUSED, ids=[r[0] for r in REFUSED])
@pytest.mark.parametrize(
    "path", [b"/api/events/default/holds", b"/reserve_ticket"], ids=["api", "published"]
)
def test_what_nginx_refuses_by_itself_is_json_of_the_paths_own_kind(
    stack, path, name, request_, status
):
    answer, body = ask_raw(stack, request_ % path)
    assert answer.status == status
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    if path.startswith(b"/api/"):
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert body["type"].startswith("/problems/")
        assert body["status"] == status
        assert {"title", "detail", "retryable"} <= body.keys()
    else:
        assert answer.headers["Content-Type"] == "application/json"
        assert body["status"] == "error" and body["code"] and body["message"]


def test_bytes_that_are_no_request_are_told_so_in_json(stack):
    answer, body = ask_raw(stack, b"\x16\x03\x01 hello\r\n\r\n")
    assert (answer.status, body["code"]) == (400, "invalid_request")


def test_a_refusal_has_no_address_of_its_own(stack):
    for path in ("/refused/api/400", "/refused/plain/431"):
        assert stack.client("x").get(path).status == 404


def test_a_body_over_the_limit_is_413_and_one_of_the_limit_is_read(stack):
    big = b"x" * (64 * 1024 + 1)
    answer = stack.client("x").request("POST", "/reserve_ticket", big)
    assert (answer.status, answer.code) == (413, "too_large")
    answer = stack.client("x").request("POST", "/reserve_ticket", big[:-1])
    assert (answer.status, answer.code) == (400, "invalid_request")


def test_the_list_has_an_etag_answers_304_and_is_compressed(stack):
    client = stack.client("x")
    first = client.get("/available_tickets")
    etag = first.headers["ETag"]
    again = client.request(
        "GET", "/available_tickets", headers={"If-None-Match": etag}
    )
    assert (again.status, again.raw) == (304, b"")
    small = client.request(
        "GET", "/available_tickets", headers={"Accept-Encoding": "gzip"}
    )
    assert small.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(small.raw)) == first.json
    weak = small.headers["ETag"]
    again = client.request(
        "GET",
        "/available_tickets",
        headers={"Accept-Encoding": "gzip", "If-None-Match": weak},
    )
    assert again.status == 304
    assert client.reserve("100").status == 200
    wait_until(
        lambda: client.request(
            "GET", "/available_tickets", headers={"If-None-Match": etag}
        ).status == 200,
        10,
        "a changed list is no 304",
    )


def test_the_list_is_asked_of_a_worker_once_a_second_at_most(stack):
    """1,000 requests by 8 clients: a handful reach a worker."""
    log = stack.nginx.home / "access.log"
    seen = len(log.read_text()) if log.exists() else 0

    def ask():
        with Client(stack.port, "x") as client:
            for _ in range(125):
                assert client.get("/available_tickets").status == 200

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    def lines():
        return [
            line for line in log.read_text()[seen:].splitlines()
            if "GET /available_tickets" in line
        ]

    wait_until(lambda: len(lines()) >= 1000, 20, "the log is written")
    asked = [line for line in lines() if "cache=HIT" not in line
             and "cache=STALE" not in line and "cache=UPDATING" not in line]
    assert len(asked) < 100, f"{len(asked)} of {len(lines())} reached a worker"


def test_the_log_tells_which_worker_answered_and_how_long_it_took(stack):
    log = stack.nginx.home / "access.log"
    name = "the_log_tells"  # nginx writes its log late: other tests' lines too
    assert stack.client("x").post(f"/book_ticket?{name}", {}).status == 400

    def line():
        return [s for s in log.read_text().splitlines() if name in s]

    [last] = wait_until(line, 20, "the log is written")
    assert any(f'upstream="unix:{w.socket}" ' in last for w in stack.workers)
    assert ' seconds=0.' in last and ' answer="0.' in last and " id=" in last


def test_too_many_requests_from_one_address_are_429_and_soon_fine_again(stack):
    limited = Nginx(free_port(), [stack.workers[0].socket], rate_limit=10)
    limited.start()
    try:
        with Client(limited.port, "x") as client:
            answers = [client.get("/healthz") for _ in range(60)]
            refused = [a for a in answers if a.status == 429]
            assert refused, "60 at once at 10 a second"
            assert refused[0].code == "too_many_requests"
            assert refused[0].headers["Retry-After"] == "1"
            assert answers[0].status == 200
            wait_until(lambda: client.get("/healthz").status == 200, 10,
                       "it is answered again")
    finally:
        limited.close()


class Deaf(Server):
    """A worker's socket that takes a request and hangs up without answer."""

    name = "deaf"

    def __init__(self):
        super().__init__()
        self.socket = str(self.home / "sock")
        self.taken = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.socket)
        self._listener.listen(100)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            self.taken.append(peer.recv(65536))
            peer.close()

    def close(self):
        self._listener.close()
        super().close()


def test_a_post_that_a_worker_may_have_seen_is_never_sent_again(stack):
    deaf = [Deaf(), Deaf()]
    nginx = Nginx(free_port(), [d.socket for d in deaf])
    nginx.start()
    try:
        with Client(nginx.port, "x") as client:
            for path in ("/reserve_ticket", "/book_ticket", "/release_ticket"):
                before = sum(len(d.taken) for d in deaf)
                answer = client.post(path, {"ticket_id": 1, "client_id": 1})
                assert (answer.status, answer.code) == (503, "unavailable")
                assert answer.headers["Retry-After"] == "2"
                assert sum(len(d.taken) for d in deaf) == before + 1
            before = sum(len(d.taken) for d in deaf)
            assert client.get("/healthz").status == 503
            assert sum(len(d.taken) for d in deaf) == before + 2, "a GET is"
    finally:
        nginx.close()
        for d in deaf:
            d.close()


@pytest.mark.parametrize(
    "environment, says",
    [
        ({"RATE_LIMIT": "many"}, "RATE_LIMIT takes a whole number"),
        ({"WWW": "/a b"}, "cannot take"),
    ],
)
def test_fill_refuses_what_nginx_could_not_read(environment, says, tmp_path):
    done = subprocess.run(
        [str(SRC / "nginx/fill"), "/x.sock"],
        env={
            **os.environ,
            "HOLDFAST_PORT": "1",
            "NGINX_PREFIX": str(tmp_path),
            "WWW": "/x",
            **environment,
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert says in done.stderr


class Narrow(Nginx):
    """Started where no more than 2000 files may be open, and that is that."""

    def command(self):
        return [*self.fewer(), *super().command()]

    def _fill(self):
        return super()._fill(*self.fewer())

    @staticmethod
    def fewer():
        rights = ["setpriv", "--bounding-set", "-sys_resource"] if os.getuid() == 0 else []
        return [*rights, "prlimit", "--nofile=1000:2000"]


def test_nginx_asks_for_no_more_files_than_it_may_have():
    with Narrow(free_port(), ["/x.sock"]) as nginx:
        said = (nginx.home / "nginx.conf").read_text()
        assert "worker_rlimit_nofile 2000;" in said and "worker_connections 1500;" in said
        # A worker asks for them itself, once it is there.
        wait_until(lambda: [open_files(pid) for pid in children(nginx.pid)[:1]]
                   == [["2000", "2000"]], 20, "a worker may have as many")
        assert "rlimit" not in nginx.log() and "exceed" not in nginx.log()


def open_files(pid):
    """How many files a process may have, by its soft and its hard limit."""
    limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
    return limits.split("Max open files")[1].split()[:2]


def children(pid):
    return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
