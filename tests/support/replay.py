"""Replays what a client library sends, word for word, and checks the answers.

A step is (line, wanted). The line's words are the request's; the first may
be a connection's name with a colon ("b: PING", else "a:"), "@give" stands for
the SHA-1 of scripts["give"] and "$give" for its text, "''" for an empty word.
"b:<" sends nothing: it takes the next message of connection b.

Wanted is a value, as this file reads replies: str, int, None, bool, list, dict,
or a Failure by its first word; or a function of the answer, below.
"""

import hashlib

from wire import Wire


class Failure(str):
    """An error reply: its text. Equal to one that is its beginning."""

    def __eq__(self, other):
        return isinstance(other, Failure) and self.startswith(str(other))

    def __hash__(self):
        return hash("Failure")


def value_of(raw):
    """A reply's bytes as a Python value."""
    value, rest = _take(raw)
    assert rest == b"", rest
    return value


def _take(raw):
    line, _, rest = raw.partition(b"\r\n")
    kind, text = line[:1], line[1:].decode()
    if kind in b"$=" and text != "-1":
        body = rest[: int(text)].decode()
        return (body[4:] if kind == b"=" else body), rest[int(text) + 2 :]
    if kind in b"*~>" and text != "-1":
        items = []
        for _ in range(int(text)):
            item, rest = _take(rest)
            items.append(item)
        return items, rest
    if kind == b"%":
        items = {}
        for _ in range(int(text)):
            key, rest = _take(rest)
            items[key], rest = _take(rest)
        return items, rest
    plain = {b":": int, b"-": Failure, b"+": str, b",": float, b"#": "t".__eq__}
    return plain.get(kind, lambda _: None)(text), rest


# ---- what can be wanted beside a plain value ------------------------------------


def anything(got, _):
    return not isinstance(got, Failure)


def between(low, high):
    return lambda got, _: isinstance(got, int) and low <= got <= high


def having(**wanted):
    """A map, or a flat list of pairs, with these among them."""

    def check(got, _):
        pairs = got if isinstance(got, dict) else dict(zip(got[::2], got[1::2]))
        return wanted.items() <= pairs.items()

    return check


def containing(text):
    return lambda got, _: isinstance(got, str) and text in got


def tolerated(got, _):
    """OK, or an error that the client lives with: an older server's."""
    return got == "OK" or got == Failure("ERR")


def above(name, place=None):
    """A number greater than the last one that was compared by this name."""

    def check(got, seen):
        number = int(got if place is None else got[place])
        last, seen[name] = seen.get(name, -1), number
        return number > last

    return check


class Replay:
    """One client library's connections to one server."""

    def __init__(self, path, scripts):
        self.path = path
        self.scripts = scripts
        self.wires = {}
        self.seen = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for wire in self.wires.values():
            wire.close()

    def _word(self, word):
        if word == "''":
            return ""
        text = self.scripts.get(word[1:]) if word[:1] in ("@", "$") else None
        if text is None:
            return word
        return text if word[0] == "$" else hashlib.sha1(text.encode()).hexdigest()

    def step(self, line, wanted):
        name, words = "a", line.split()
        if words[0].endswith((":", ":<")):
            name, words = words[0], words[1:]
        key = name.rstrip(":<")
        if key not in self.wires:
            self.wires[key] = Wire(self.path)
        if words:
            self.wires[key].send(*map(self._word, words))
        got = value_of(self.wires[key].reply())
        if callable(wanted):
            good = wanted(got, self.seen)
        else:
            good = type(got) is type(wanted) and got == wanted
        assert good, f"{line!r} was answered {got!r}"
