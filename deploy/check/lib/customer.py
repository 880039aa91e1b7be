#!/usr/bin/python3
"""A customer with a browser's cookie, who comes back after something was done
to the machine. What he has is kept in FILE, as JSON.

    customer.py buy FILE     # makes an identity, buys one seat, holds another
    customer.py hold FILE    # makes an identity and holds a seat
    customer.py back FILE    # cookie and order are good; takes a new cookie
    customer.py book FILE    # and what he held is sold to him
    customer.py late FILE    # the cookie that he had first is void
"""

import argparse
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "tests/support"))
from buyer import Buyer  # noqa: E402


class Customer:
    def __init__(self, port, event, path):
        self.buyer = Buyer(port, "customer", identity=False)
        self.event = event
        self.path = path
        self.has = json.loads(path.read_text()) if path.exists() else {}

    def ask(self, method, path, body=None, cookie="cookie", **headers):
        if cookie in self.has:
            headers["Cookie"] = f"hf_id={self.has[cookie]}"
        return self.buyer.call(method, path, body, **headers)

    def good(self, *words, **how):
        answer = self.ask(*words, **how)
        if answer.status not in (200, 201):
            sys.exit(f"{words}: {answer!r}")
        new = answer.headers.get("Set-Cookie")
        if new:
            self.has["cookie"] = new.split("hf_id=")[1].split(";")[0]
        return answer.json

    def hold(self, **seats):
        return self.good("POST", f"/api/events/{self.event}/holds", seats)["id"]

    @staticmethod
    def wish(seat):
        return {"seats": [seat]} if seat else {"best": {"count": 1}}

    def sold(self, hold, key):
        return self.good("POST", f"/api/holds/{hold}/book", None, Idempotency_Key=key)["number"]

    def look(self):
        """His order, as its page shows it now."""
        self.has["qr"] = self.good("GET", f"/api/orders/{self.has['order']}")["tickets"][0]["qr"]
        self.has["key"] = self.good("GET", "/api/keys")["keys"][0]["x"]

    # -- what can be asked for ----------------------------------------------

    def buy(self, seat=None):
        self.good("POST", "/api/identity", {"use": "cookie"})
        self.has["first_cookie"] = self.has["cookie"]
        self.has["order"] = self.sold(self.hold(**self.wish(seat)), "first")
        self.has["hold"] = self.hold(best={"count": 1})
        self.look()
        self.has["first_qr"], self.has["first_key"] = self.has["qr"], self.has["key"]

    def hold_one(self, seat=None):
        self.good("POST", "/api/identity", {"use": "cookie"})
        self.has["hold"] = self.hold(**self.wish(seat))

    def back(self, _=None):
        self.look()

    def book(self, _=None):
        self.has["second_order"] = self.sold(self.has["hold"], "second")

    def late(self, _=None):
        answer = self.ask("GET", f"/api/orders/{self.has['order']}", cookie="first_cookie")
        if answer.status != 403:
            sys.exit(f"a cookie by a secret that is gone: {answer!r}")

    WHAT = {"buy": buy, "hold": hold_one, "back": back, "book": book, "late": late}

    def keep(self):
        self.path.write_text(json.dumps(self.has))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=Customer.WHAT)
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--port", type=int, default=6005)
    parser.add_argument("--event", default="gala")
    parser.add_argument("--seat", help="the one to buy, instead of the best")
    options = parser.parse_args()
    customer = Customer(options.port, options.event, options.file)
    Customer.WHAT[options.what](customer, options.seat)
    customer.keep()


if __name__ == "__main__":
    main()
