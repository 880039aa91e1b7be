"""A browser without JavaScript: follows links, fills in forms, keeps a cookie.

    page = Plain(stack.port).get("/plain/events/gala")
    page = page.send("/hold", count=2)
    page.send("/book")
"""

import urllib.parse
from html.parser import HTMLParser

from web import Client

VOID = {"meta", "link", "input", "img", "br", "hr"}


class Form:
    def __init__(self, attributes):
        self.action = attributes["action"]
        self.method = attributes["method"]
        self.fields = []  # (name, value), in order, as they would be sent
        self.offered = {}  # name -> the values of boxes and choices


class Reader(HTMLParser):
    """Forms, links, texts; complains of what does not nest."""

    def __init__(self, text):
        super().__init__()
        self.forms, self.links, self.words = [], [], []
        self.refresh = self.title = None
        self.images, self.legends = [], []
        self._open = []
        self._select = None
        self.feed(text)
        self.close()
        assert self._open == [], self._open

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag not in VOID:
            self._open.append(tag)
        reader = getattr(self, f"on_{tag}", None)
        if reader is not None:
            reader(attributes)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag, f"</{tag}> closes another"

    def handle_data(self, text):
        if text.strip():
            self.words.append(" ".join(text.split()))
        if self._open and self._open[-1] == "legend":
            self.legends.append(text)
        if self._open and self._open[-1] == "title":
            self.title = text

    def on_form(self, attributes):
        self.forms.append(Form(attributes))

    def on_a(self, attributes):
        self.links.append(attributes["href"])

    def on_img(self, attributes):
        self.images.append(attributes["src"])

    def on_meta(self, attributes):
        if attributes.get("http-equiv") == "refresh":
            self.refresh = int(attributes["content"])

    def on_input(self, attributes):
        form, name = self.forms[-1], attributes["name"]
        form.offered.setdefault(name, []).append(attributes.get("value", ""))
        if attributes["type"] != "checkbox" or "checked" in attributes:
            form.fields.append((name, attributes.get("value", "")))

    def on_select(self, attributes):
        self._select = attributes["name"]

    def on_option(self, attributes):
        self.forms[-1].offered.setdefault(self._select, []).append(
            attributes.get("value"))


class Page:
    """What came, and where one can go from it."""

    def __init__(self, browser, path, answer):
        self.browser, self.path, self.answer = browser, path, answer
        self.status = answer.status
        self.text = answer.raw.decode()
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        self.reader = Reader(self.text)

    @property
    def words(self):
        return " ".join(self.reader.words)

    def follow(self, part):
        """The first link that has this in its address."""
        return self.browser.get(next(h for h in self.reader.links if part in h))

    def form(self, part):
        return next(f for f in self.reader.forms if part in f.action)

    def seats(self):
        """The boxes that may be ticked."""
        return self.form("/hold").offered.get("seat", [])

    def send(self, part, **fields):
        """Fills in the form that goes there, and what it leads to."""
        form = self.form(part)
        assert form.method == "post"
        sent = [(n, v) for n, v in form.fields if n not in fields]
        for name, value in fields.items():
            values = value if isinstance(value, list) else [value]
            sent += [(name, v) for v in values]
        return self.browser.post(form.action, sent)


class Plain(Client):
    def __init__(self, port, name="plain"):
        super().__init__(port, name)
        self.cookie = None
        self.headers = {}

    def ask(self, method, path, body=None, **headers):
        """One answer, no way followed; keeps the cookie that it sets."""
        sent = {**self.headers, **headers}
        if self.cookie:
            sent["Cookie"] = self.cookie
        if method == "POST":
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        answer = self.request(method, path, body, sent)
        if answer.headers["Set-Cookie"]:
            self.cookie = answer.headers["Set-Cookie"].split(";")[0]
        return answer

    def get(self, path):
        answer = self.ask("GET", path)
        return self._arrive(path, answer)

    def post(self, path, fields):
        body = urllib.parse.urlencode(fields).encode()
        return self._arrive(path, self.ask("POST", path, body))

    def _arrive(self, path, answer):
        """After a POST a way, which is a GET: at most one more."""
        for _ in range(2):
            if answer.status != 303:
                return Page(self, path, answer)
            path = answer.headers["Location"]
            assert path.startswith("/plain/"), path
            answer = self.ask("GET", path)
        raise AssertionError(f"a way without an end: {path}")
