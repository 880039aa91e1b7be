"""64 buyers, 20 tickets, 4 workers: nothing sold twice, nothing left over."""

from history import History
from race import Race, buy_baskets, buy_everything
from stack import Stack

TICKETS = [str(i) for i in range(1, 21)]


def test_each_of_20_tickets_ends_with_exactly_one_of_64_buyers(database, lock):
    history = History()
    with Stack(database, lock=lock, tickets=20, workers=4) as stack:
        with Race(stack, history, buy_everything(TICKETS), 64) as race:
            while race.running():
                assert sum(stack.states().values()) == 20
            race.finish(1)
        assert stack.states() == {"booked": 20}
        history.check(stack)
        sold = [t for call in history.won("book") for t in call.tickets]
        assert sorted(sold) == sorted(TICKETS)
        assert len(history.calls) > 64 * 20, "hardly a race"


def test_overlapping_baskets_are_taken_whole_and_never_deadlock(database, lock):
    history = History()
    with Stack(database, lock=lock, tickets=20, workers=4) as stack:
        deadlocks = deadlocks_seen(database)
        with Race(stack, history, buy_baskets(TICKETS, 3, 40), 64) as race:
            race.finish(120)
        states = stack.states()
        assert sum(states.values()) == 20
        assert states["reserved"] == 0
        assert states["booked"] % 3 == 0 and states["booked"] >= 3
        history.check(stack)
        assert len(history.won("book")) * 3 == states["booked"]
        assert deadlocks_seen(database) == deadlocks
        last = stack.client("last")
        for ticket, row in stack.rows().items():
            if row.state == "free":
                answer = last.reserve(ticket)
                assert answer.status == 200, f"{ticket} is left held: {answer}"


def deadlocks_seen(database):
    return database.value(
        "SELECT deadlocks FROM pg_stat_database"
        " WHERE datname = current_database()"
    )
