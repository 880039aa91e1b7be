"""FastCGI as nginx speaks it to a worker, and records that nginx never sends.

https://fastcgi-archives.github.io/FastCGI_Specification.html
"""

import json
import socket
import struct

from web import Answer, Lost

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR, DATA, GET_VALUES = range(1, 10)
RESPONDER = 1


def record(kind, content=b"", request=1, version=1, length=None, padding=0):
    """One record; length and padding may lie about the content."""
    if length is None:
        length = len(content)
    head = struct.pack(">BBHHBB", version, kind, request, length, padding, 0)
    return head + content


def begin(role=RESPONDER, keep=0, request=1):
    return record(BEGIN, struct.pack(">HB5x", role, keep), request)


def pair(name, value):
    """A name and a value with their lengths, as PARAMS carry them."""

    def size(text):
        if len(text) < 128:
            return bytes([len(text)])
        return struct.pack(">I", len(text) | 1 << 31)

    return size(name) + size(value) + name + value


def params(**fields):
    """All params in one record, and the empty one that ends them."""
    packed = b"".join(pair(k.encode(), v.encode()) for k, v in fields.items())
    return record(PARAMS, packed) + record(PARAMS)


def post_params(path, length):
    """What nginx says of a POST; length is text and may be nonsense."""
    return params(
        REQUEST_METHOD="POST",
        SCRIPT_NAME=path,
        DOCUMENT_URI=path,
        REQUEST_URI=path,
        SERVER_PROTOCOL="HTTP/1.1",
        REMOTE_ADDR="127.0.0.1",
        CONTENT_TYPE="application/json",
        CONTENT_LENGTH=length,
    )


def whole_post(path, body):
    """All the records of one request."""
    stdin = record(STDIN, body) + record(STDIN)
    return begin() + post_params(path, str(len(body))) + stdin


def post(socket_path, path, fields, timeout=60):
    """One POST straight to a worker; Lost when it was not answered whole."""
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(timeout)
        try:
            peer.connect(socket_path)
            peer.sendall(whole_post(path, json.dumps(fields).encode()))
            return _cgi_answer(_stdout(peer.makefile("rb")))
        except OSError as error:
            raise Lost(f"POST {path}: {error!r}") from error


def call(socket_path, method, path, timeout=60, **fields):
    """One request without a body, with these parameters beside its own."""
    request = begin() + params(
        REQUEST_METHOD=method, DOCUMENT_URI=path, CONTENT_LENGTH="0", **fields
    )
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(timeout)
        try:
            peer.connect(socket_path)
            peer.sendall(request + record(STDIN))
            return _cgi_answer(_stdout(peer.makefile("rb")))
        except OSError as error:
            raise Lost(f"{method} {path}: {error!r}") from error


def _stdout(stream):
    """The bytes of all STDOUT records up to END."""
    out = b""
    while True:
        head = stream.read(8)
        if len(head) < 8:
            raise Lost("the worker hung up")
        _, kind, _, length, padding, _ = struct.unpack(">BBHHBB", head)
        content = stream.read(length + padding)[:length]
        if kind == END:
            return out
        if kind == STDOUT:
            out += content


def _cgi_answer(out):
    """RFC 3875, 6: fields, an empty line, the body; Status is 200 if unsaid."""
    head, _, body = out.partition(b"\r\n\r\n")
    lines = (line.partition(":") for line in head.decode().split("\r\n"))
    headers = {name: value.strip() for name, _, value in lines}
    return Answer(int(headers.get("Status", "200").split()[0]), headers, body)
