"""Another buyer, by ordinals: what a page is told about and loses seats to."""

from buyer import Buyer


class Rival(Buyer):
    """rival = Rival(stack); rival.pay(rival.take("gala", 3, 4))"""

    def __init__(self, stack):
        super().__init__(stack.port, "rival")
        self.stack = stack

    def ids(self, event, ordinals):
        some = ",".join(map(str, ordinals))
        rows = self.stack.sql(
            "SELECT id FROM tickets"
            f" WHERE event_id = '{event}' AND sale_order IN ({some})"
        )
        assert len(rows) == len(ordinals)
        return [row[0] for row in rows]

    def take(self, event, *ordinals):
        """Holds these seats; the hold."""
        done = self.hold(event, self.ids(event, ordinals))
        assert done.status == 201, done
        return done.json

    def let_go(self, hold):
        done = self.give_back(hold["id"])
        assert done.status == 200, done

    def pay(self, hold):
        """Books the hold; its order."""
        done = self.buy(hold["id"])
        assert done.status == 200, done
        return done.json
