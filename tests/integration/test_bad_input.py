"""Whatever is sent: a clear error, and the same worker serves on."""

import json
import socket

import pytest

from fastcgi import (
    ABORT,
    BEGIN,
    GET_VALUES,
    PARAMS,
    STDIN,
    begin,
    pair,
    post_params,
    record,
    whole_post,
)
from stack import Stack
from web import wait_until

SALES = ["/reserve_ticket", "/book_ticket", "/release_ticket"]


@pytest.fixture(scope="module")
def stack(database):
    with Stack(database, workers=1, threads=8) as stack:
        yield stack


@pytest.fixture(autouse=True)
def same_worker_serves_on(stack):
    pid = stack.workers[0].pid
    yield
    assert stack.workers[0].running(), stack.workers[0].log()
    assert stack.workers[0].pid == pid
    wait_until(stack.healthy, 15, "the worker answers")
    states = stack.states()
    if states != {"free": 10}:
        stack.seed()  # for the tests that follow
        stack.lock.call("FLUSHALL")
    assert states == {"free": 10}, "bad input changed a ticket"


def body(**fields):
    return json.dumps(fields).encode()


def with_ids(ids):
    return body(ticket_ids=ids, client_id="ann")


INVALID = {
    "nothing": b"",
    "a space": b" ",
    "not JSON": b"ticket_id=1&client_id=ann",
    "half an object": b'{"ticket_id": "1", "client_id": "ann"',
    "more behind the object": b'{"ticket_id": "1", "client_id": "ann"} x',
    "two objects": body(ticket_id="1", client_id="ann") * 2,
    "a list": b'["1", "ann"]',
    "a string": b'"1"',
    "null": b"null",
    "an empty object": b"{}",
    "no client": body(ticket_id="1"),
    "no ticket": body(client_id="ann"),
    "a null client": body(ticket_id="1", client_id=None),
    "a client that is a list": body(ticket_id="1", client_id=["ann"]),
    "a client that is true": body(ticket_id="1", client_id=True),
    "an empty client": body(ticket_id="1", client_id=""),
    "a long client": body(ticket_id="1", client_id="a" * 129),
    "a ticket that is an object": body(ticket_id={"a": 1}, client_id="ann"),
    "a ticket that is a fraction": body(ticket_id=1.5, client_id="ann"),
    "an empty ticket": body(ticket_id="", client_id="ann"),
    "a long ticket": body(ticket_id="1" * 129, client_id="ann"),
    "both ticket and tickets": body(
        ticket_id="1", ticket_ids=["1"], client_id="ann"),
    "no tickets": with_ids([]),
    "eleven tickets": with_ids([str(i) for i in range(1, 12)]),
    "tickets that are a string": with_ids("1"),
    "a null among the tickets": with_ids(["1", None]),
    "a list among the tickets": with_ids(["1", ["2"]]),
    "a NUL in the client": body(ticket_id="1", client_id="a\0b"),
    "a NUL in the ticket": body(ticket_id="1\0", client_id="ann"),
    "a NUL byte in the text": b'{"ticket_id": "1", "client_id": "a\0b"}',
    "a NUL byte behind the text": body(ticket_id="1", client_id="ann") + b"\0",
    "invalid UTF-8": b'{"ticket_id": "1", "client_id": "\xff\xfe"}',
    "cut UTF-8": b'{"ticket_id": "1", "client_id": "\xe2\x82"}',
    "an overlong slash": b'{"ticket_id": "1", "client_id": "\xc0\xaf"}',
    "an encoded surrogate": (
        b'{"ticket_id": "1", "client_id": "\xed\xa0\x80"}'),
    "past the end of Unicode": (
        b'{"ticket_id": "1", "client_id": "\xf4\x90\x80\x80"}'),
    "text that ends in mid-character": (
        b'{"ticket_id": "1", "client_id": "ann"}\xf0\x9f\x8e'),
    "a line break in the client": body(ticket_id="1", client_id="a\nb"),
    "an escape in the ticket": body(ticket_id="1\x1b[2J", client_id="ann"),
    "60,000 brackets": b"[" * 60000,
    "60,000 objects": b'{"a":' * 12000,
    "deep and closed": b'{"ticket_id": %s%s, "client_id": "ann"}'
    % (b"[" * 20000, b"]" * 20000),
    "60,000 bytes of one string": body(ticket_id="1", client_id="a" * 60000),
    "a number past all ranges": b'{"ticket_id": 1e999, "client_id": "ann"}',
    "binary": bytes(range(256)) * 100,
}


@pytest.mark.parametrize("path", SALES)
@pytest.mark.parametrize("name", INVALID)
def test_an_unreadable_body_is_400_and_says_why(stack, path, name):
    answer = stack.client("ann").request("POST", path, INVALID[name])
    assert (answer.status, answer.code) == (400, "invalid_request"), answer
    assert answer.json["status"] == "error"
    assert len(answer.json["message"]) > 10
    assert len(answer.raw) < 1000, "it must not send the input back"


def test_of_a_key_given_twice_the_last_counts_or_neither(stack):
    ann = stack.client("ann")
    twice = b'{"ticket_id": "1", "ticket_id": "2", "client_id": "ann"}'
    answer = ann.request("POST", "/reserve_ticket", twice)
    if answer.status == 200:
        assert answer.json["ticket_ids"] == ["2"]
        assert ann.release("2").status == 200
    else:
        assert (answer.status, answer.code) == (400, "invalid_request")


def test_a_number_past_all_ranges_is_no_ticket(stack):
    long = b'{"ticket_id": %s, "client_id": "ann"}' % (b"9" * 5000)
    answer = stack.client("ann").request("POST", "/reserve_ticket", long)
    assert answer.status == 400
    assert answer.code in ("invalid_request", "unknown_ticket")


UNKNOWN = ["11", "0", "-1", "01", "1 ", "' OR 1=1 --", "%s", "{holdfast}",
           "\U0001f3ab", "*", "\\", 11, -1, 2**53]


@pytest.mark.parametrize("ticket", UNKNOWN)
@pytest.mark.parametrize("verb", ["reserve", "book"])
def test_an_unknown_ticket_is_400_unknown_ticket(stack, verb, ticket):
    answer = getattr(stack.client("ann"), verb)(ticket)
    assert (answer.status, answer.code) == (400, "unknown_ticket"), answer


def test_one_unknown_ticket_leaves_its_basket_untaken(stack):
    ann, bob = stack.client("ann"), stack.client("bob")
    answer = ann.reserve(["1", "nope", "2"])
    assert (answer.status, answer.code) == (400, "unknown_ticket"), answer
    assert bob.reserve(["1", "2"]).status == 200
    assert bob.release(["1", "2"]).status == 200


def test_ids_may_be_integers_or_strings(stack):
    ann = stack.client(7)
    assert ann.reserve([1, "2", 3]).status == 200
    again = stack.client("7").reserve(["1", 2, "3"])
    assert again.status == 200, "7 and \"7\" are one client"
    assert ann.release(["1", "2", "3"]).status == 200


def test_any_text_may_be_a_client(stack):
    for name in ["é", "\U0001f600" * 32, "\U0010ffff", "\ud7ff", "\ue000",
                 "\u0800", "\u07ff", "\x80", "'; DROP TABLE tickets", "%n%s",
                 "\\", '"', "a" * 128, "a b", "$1", "{x}", ":", "*"]:
        client = stack.client(name)
        assert client.reserve("5").status == 200, name
        assert client.release("5").status == 200, name


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
@pytest.mark.parametrize("path", SALES)
def test_a_sale_by_another_method_is_405(stack, path, method):
    answer = stack.client("ann").request(
        method, path, body(ticket_id="1", client_id="ann"))
    assert answer.status == 405, answer
    assert answer.headers["Allow"] == "POST"


def test_changing_the_list_is_405(stack):
    answer = stack.client("ann").request("POST", "/available_tickets", b"{}")
    assert answer.status == 405, answer
    assert "GET" in answer.headers["Allow"]


def test_too_large_a_body_is_413(stack):
    huge = body(ticket_id="1", client_id="a" * 70000)
    answer = stack.client("ann").request("POST", "/reserve_ticket", huge)
    assert answer.status == 413, answer
    assert answer.code == "too_large"


def test_a_body_sent_in_chunks_is_read_whole(stack):
    ann = stack.client("ann")
    chunks = iter([b'{"ticket_id": ', b'"4", ', b'"client_id": "ann"}'])
    assert ann.request("POST", "/reserve_ticket", chunks).status == 200
    assert ann.release("4").status == 200


def test_an_unknown_path_is_404(stack):
    for path in ["/nope", "/reserve_ticket/", "/reserve_ticket%00",
                 "/healthz/../nope"]:
        answer = stack.client("ann").request("GET", path)
        assert answer.status in (400, 404), (path, answer)


# -- straight to the worker's socket -----------------------------------------


def sale(length):
    return post_params("/reserve_ticket", length)


SALE = body(ticket_id="1", client_id="ann")
WHOLE = whole_post("/reserve_ticket", SALE)

HOSTILE = {
    "nothing": b"",
    "one byte": b"\x01",
    "half a header": begin()[:5],
    "a header alone": begin()[:8],
    "begin alone": begin(),
    "half of params": (begin() + sale("10"))[:40],
    "no end of params": begin() + sale("10")[:-8],
    "no stdin": begin() + sale("10"),
    "half of stdin": (begin() + sale(str(len(SALE)))
                      + record(STDIN, SALE[:5], length=len(SALE))),
    "less body than said": (begin() + sale("1000") + record(STDIN, SALE)
                            + record(STDIN)),
    "a negative length": (begin() + sale("-1") + record(STDIN, SALE)
                          + record(STDIN)),
    "a length past all ranges": (begin() + sale("9" * 40)
                                 + record(STDIN, SALE) + record(STDIN)),
    "a length that is no number": (begin() + sale("many")
                                   + record(STDIN, SALE) + record(STDIN)),
    "a length near the limit": (begin() + sale("2147483648")
                                + record(STDIN, SALE) + record(STDIN)),
    "no params at all": begin() + record(PARAMS) + record(STDIN),
    "params of an empty name": (begin() + record(PARAMS, pair(b"", b"x"))
                                + record(PARAMS) + record(STDIN)),
    "a param longer than its record": (
        begin() + record(PARAMS, b"\x05\x50SHORT") + record(PARAMS)
        + record(STDIN)),
    "a param of 2 GiB": (begin() + record(PARAMS, b"\xff\xff\xff\xff"
                                          b"\xff\xff\xff\xffx")
                         + record(PARAMS) + record(STDIN)),
    "a param of 2 GiB, still coming": (
        begin() + record(PARAMS, b"\x01\xff\xff\xff\xffx" + b"y" * 60000)),
    "thousands of params": (
        begin() + record(PARAMS, pair(b"A", b"b") * 15000) * 20
        + record(PARAMS) + record(STDIN)),
    "another version": record(BEGIN, b"\0\1\0\0\0\0\0\0", version=9),
    "another role": begin(role=3) + record(PARAMS) + record(STDIN),
    "no such role": begin(role=999) + record(PARAMS) + record(STDIN),
    "an unknown type": record(99, b"x" * 100) + WHOLE,
    "an abort": begin() + record(ABORT),
    "stdin before params": begin() + record(STDIN, SALE) + record(STDIN),
    "another request in between": (
        begin() + record(PARAMS, b"x", request=2) + begin(request=2)),
    "get values, the same one again and again": (
        record(GET_VALUES, pair(b"FCGI_MAX_CONNS", b"") * 100, request=0)
        + WHOLE),
    "get values in a request": (
        begin()
        + record(GET_VALUES, pair(b"FCGI_MAX_REQS", b"") * 3000, request=0)
        + WHOLE[16:]),
    "get values, cut": record(GET_VALUES, b"\x0e\x00FCGI", request=0),
    "get values, 2 GiB": record(GET_VALUES, b"\xff\xff\xff\xff\x00x",
                                request=0),
    "all padding": record(BEGIN, b"\0" * 255, padding=255, length=0),
    "HTTP": b"POST /reserve_ticket HTTP/1.1\r\nHost: x\r\n\r\n",
    "noise": bytes((i * 7919 + 13) % 256 for i in range(50000)),
    "zeros": b"\0" * 50000,
}


def throw(path, data):
    """Sends data and hangs up; the worker may hang up first."""
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(5)
        peer.connect(str(path))
        try:
            peer.sendall(data)
            peer.shutdown(socket.SHUT_WR)
            while peer.recv(65536):
                pass
        except OSError:
            pass


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_records_do_not_end_the_worker(stack, name):
    for _ in range(3):
        throw(stack.workers[0].socket, HOSTILE[name])
    # What was whole, behind an unknown record, may have been served.
    assert stack.client("ann").release("1").status in (200, 400)


def test_a_request_cut_at_any_byte_does_not_end_the_worker(stack):
    for length in range(len(WHOLE) - 8):
        throw(stack.workers[0].socket, WHOLE[:length])
    stack.client("ann").release("1")


def test_peers_that_say_nothing_do_not_stop_the_worker(stack):
    """Fewer than its threads, so that some are left to serve."""
    silent = []
    try:
        for _ in range(4):
            peer = socket.socket(socket.AF_UNIX)
            peer.connect(str(stack.workers[0].socket))
            peer.sendall(begin()[:5])
            silent.append(peer)
        bob = stack.client("bob")
        assert bob.reserve("1").status == 200
        assert bob.release("1").status == 200
    finally:
        for peer in silent:
            peer.close()
