"""Where ephemerald means to differ from ZooKeeper 3.8, and why.

The comparing tests (tests/support/zk_duel.py) read this: whatever else differs
is a failure. A difference is either something that is not sent to the two, or a
pair of answers that is let pass.
"""

from dataclasses import dataclass
from typing import Callable

ANY_VERSION_NEVER_HELD = 12345
NO_WATCHER = -121
# Whose path is sent back, or kept.
ECHOED = ("sync", "exists", "addWatch", "checkWatches", "removeWatches")


def told_apart(ours, theirs, error, error_theirs):
    """The same but for the error of the reply, which is the last that came."""
    return (
        [ours[:-1], ours[-1]._replace(err=0)]
        == [theirs[:-1], theirs[-1]._replace(err=0)]
        and (ours[-1].err, theirs[-1].err) == (error, error_theirs)
    )


def is_plain(path):
    """Text without what Java makes two characters of; or none."""
    return path is None or isinstance(path, str) and max(path, default="") <= "\uffff"


def is_misnamed(call):
    """Within a multi: a record without a TTL, with flags that want one."""
    return call[0] != "createTTL" and call[0].startswith("create") and call[4] in (5, 6)


def never(*_):
    return False


@dataclass
class Difference:
    name: str
    reason: str
    # (call): it is not sent.
    unsent: Callable = never
    # (call, ephemerald's outcome, ZooKeeper's): they may be like this.
    passes: Callable = never


DIFFERENCES = [
    Difference(
        "a check that stands alone and holds is answered",
        "ZooKeeper 3.8 fails to write that answer and the client waits for ever;"
        " only one that does not hold is compared.",
        unsent=lambda call: call[0] == "check" and call[2] != ANY_VERSION_NEVER_HELD,
    ),
    Difference(
        "deleteContainer removes an empty container",
        "ZooKeeper 3.8 takes the whole frame for the path, and so answers BadArguments"
        " to every client.",
        unsent=lambda call: call[0] == "deleteContainer",
    ),
    Difference(
        "a multi with a path that is null has a number like any other",
        "ZooKeeper throws midway: the number is used but never told, and what had been"
        " read so far is answered beside the error.",
        unsent=lambda call: call[0] in ("multi", "multiRead")
        and any(each[1] is None for each in call[1:]),
    ),
    Difference(
        "a null path is never watched",
        "ZooKeeper watches it, and cannot close that connection any more.",
        unsent=lambda call: (
            call[0] in ("setWatches", "setWatches2")
            and any(None in paths for paths in call[2:] if paths is not None)
        )
        or (call[0] == "addWatch" and call[1] is None),
    ),
    Difference(
        "a path that is not UTF-8 comes back as it was sent",
        "Java replaces what it cannot read, so that different paths are one, and writes"
        " what is above U+FFFF as six bytes. No node can have such a name.",
        unsent=lambda call: (call[0] in ECHOED and not is_plain(call[1]))
        or (
            call[0] in ("setWatches", "setWatches2")
            and not all(is_plain(path) for paths in call[2:] for path in paths or [])
        ),
    ),
    Difference(
        "an ACL may name IPv6 addresses",
        "ZooKeeper takes them from 3.9 on.",
        unsent=lambda call: "'ip', '::1'" in repr(call),
    ),
    Difference(
        "createTTL makes a node without a TTL, if its flags say so",
        "ZooKeeper 3.8 ends: a process that any client can stop.",
        unsent=lambda call: call[0] == "createTTL" and call[4] not in (5, 6),
    ),
    Difference(
        "what fails a multi midway leaves nothing behind",
        "ZooKeeper 3.8 throws when it meets the flags of a TTL in another record, and"
        " goes on with what it had noted before as if it had happened.",
        unsent=lambda call: call[0] == "multi" and any(map(is_misnamed, call[2:])),
    ),
    Difference(
        "checkWatches asks for one's own watches",
        "In ZooKeeper 3.8 any session's watch of that path will do (mended in 3.9).",
        passes=lambda call, ours, theirs: call[0] == "checkWatches"
        and told_apart(ours, theirs, NO_WATCHER, 0),
    ),
]


# And what the generator keeps to by itself:
#
# - A session watches a path in one way, once or persistently or recursively:
#   in ephemerald they live side by side, as in ZooKeeper from 3.9; in 3.8 a
#   later one replaces the earlier.
# - Where quotas are enforced, requests are sent one at a time, and a multi has
#   one: ephemerald counts what was done before, in order; ZooKeeper may look
#   before what is under way, of the same multi too, has been counted.
# - The data of quota nodes is well formed: what is not limits nothing in
#   ephemerald; in ZooKeeper each request below it fails.
# - Nothing is sent behind a setACL before its answer: in ephemerald the new ACL
#   holds from there on; in ZooKeeper perhaps only for what comes later.
# - A ping is sent alone: in ephemerald its answer overtakes what waits for the
#   disk, so that a slow one does not look like a dead server; in ZooKeeper it
#   waits behind that.
# - Nobody sends createSession, which is for servers among each other:
#   ephemerald does not know it; ZooKeeper greets the client once more.
# - Nobody resumes another's session with a wrong password: in ZooKeeper that
#   ends the owner's connection.


def is_sent(call):
    return not any(each.unsent(call) for each in DIFFERENCES)


def may_differ(sent, ours, theirs):
    """sent: (who, call), or another step, of which nothing may differ."""
    call = sent[1] if isinstance(sent[1], tuple) else (None,)
    if call[0] == "bent":
        call = call[1]
    return any(each.passes(call, ours, theirs) for each in DIFFERENCES)
