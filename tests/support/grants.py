"""What clients of a lock server were told, and what cannot be true of it.

Times are time.monotonic(): when a request was sent, and its answer heard. A
holder is sure of its lock from hearing of it until its time, counted from the
sending, is over, or until it asks for its end: then nothing is sure.

    violations(grants) gives a line for each pair or grant that cannot be.
"""

from dataclasses import dataclass


@dataclass
class Grant:
    key: str
    value: str
    sent: float
    heard: float
    over: float
    token: int = None     # None: never heard
    token_sent: float = 0  # the request that told it
    token_heard: float = 0
    denied: bool = False  # told that it does not hold, while it surely did


def _lost(grants):
    for grant in grants:
        if grant.denied:
            yield f"{grant.key}: the grant of {grant.value} is lost"


def _held_twice(grants):
    sure = {}  # key: the grant that is longest sure
    for grant in sorted(grants, key=lambda g: g.heard):
        before = sure.get(grant.key)
        if before and before.over > grant.heard:
            yield f"{grant.key}: {grant.value} while {before.value} had it"
        if not before or grant.over > before.over:
            sure[grant.key] = grant


def _reused(grants):
    seen = {}
    for grant in grants:
        other = seen.setdefault(grant.token, grant)
        if other is not grant:
            yield (f"token {grant.token}: of {grant.value} and of {other.value}")


def _reordered(grants):
    """Who was told before another asked has the smaller token."""
    told = sorted(grants, key=lambda g: g.token_heard)
    greatest, at = None, 0
    for grant in sorted(grants, key=lambda g: g.sent):
        while told[at].token_heard < grant.sent:
            if not greatest or told[at].token > greatest.token:
                greatest = told[at]
            at += 1
        if greatest and greatest.token >= grant.token:
            yield (f"token {grant.token} of {grant.value} came after "
                   f"{greatest.token} of {greatest.value}")


def violations(grants):
    with_token = [g for g in grants if g.token is not None]
    return [*_lost(grants), *_held_twice(grants), *_reused(with_token),
            *_reordered(with_token)]
