"""Workers that are replaced in the middle of a sale lose no request."""

from history import History
from race import Habits, Race, buy_everything, wait_for_sales
from stack import Stack

TICKETS = [str(i) for i in range(1, 401)]


def test_restarting_workers_under_load_loses_no_request(database):
    history = History()
    with Stack(database, tickets=len(TICKETS), workers=3) as stack:
        job = buy_everything(TICKETS, Habits(give_back=0.5))
        with Race(stack, history, job, 16) as race:
            for i in range(6):
                wait_for_sales(history, 30 * (i + 1), 60)
                worker = stack.workers[i % len(stack.workers)]
                assert worker.stop() == 0, "a clean end"
                worker.start()
            assert race.running(), "over too early to say anything"
            race.finish(45)
        assert stack.states() == {"booked": len(TICKETS)}
        history.check(stack)
