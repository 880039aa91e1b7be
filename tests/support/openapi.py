"""docs/openapi.yaml, held against what the server answers.

SPEC.check(method, path, answer) fails unless the file says that this path has
this method, this status, this type of content, and a body of this form. What
was seen is remembered, so that a test can ask whether all of it was reached.
"""

import os
import pathlib
import re

import yaml
from jsonschema import Draft202012Validator

SRC = pathlib.Path(os.environ.get("HOLDFAST_SRC", pathlib.Path(__file__).parents[2]))


class Spec:
    def __init__(self, path):
        self.all = yaml.safe_load(path.read_text())
        self.seen = set()  # (path template, method, status)
        self._paths = [
            (template, re.compile(re.sub(r"\{\w+\}", "[^/]+?", template) + "$"))
            for template in sorted(self.all["paths"], key=lambda t: t.count("{"))
        ]

    def resolve(self, item):
        """What a "$ref" of the file itself points to."""
        while "$ref" in item:
            target = self.all
            for word in item["$ref"].removeprefix("#/").split("/"):
                target = target[word]
            item = target
        return item

    def operations(self):
        """(path template, method, operation) for each."""
        for template, item in self.all["paths"].items():
            for method, operation in item.items():
                if method != "parameters":
                    yield template, method.upper(), operation

    def documented(self):
        """All that check() may remember."""
        return {
            (template, method, int(status))
            for template, method, operation in self.operations()
            for status in operation["responses"]
        }

    def template_of(self, path):
        path = path.partition("?")[0]
        return next((t for t, form in self._paths if form.match(path)), None)

    def validator(self, schema):
        # References within the schema start at its root.
        return Draft202012Validator({**schema, "components": self.all["components"]})

    def check(self, method, path, answer):
        template = self.template_of(path)
        operation = self.all["paths"].get(template, {}).get(method.lower())
        if operation is None:
            # No such call: then that is what it must say.
            assert answer.status in (404, 405), f"{method} {path}: undocumented"
            self._check_body(
                {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
                answer,
            )
            return
        response = operation["responses"].get(str(answer.status))
        assert response is not None, f"{method} {template}: {answer.status} {answer!r}"
        response = self.resolve(response)
        self._check_headers(response.get("headers", {}), answer)
        self._check_body(response.get("content"), answer)
        self.seen.add((template, method, answer.status))

    def _check_headers(self, headers, answer):
        for name, header in headers.items():
            if name not in answer.headers:
                continue
            value, schema = answer.headers[name], self.resolve(header)["schema"]
            if schema.get("type") == "integer":
                value = int(value)
            self.validator(schema).validate(value)

    def _check_body(self, content, answer):
        if content is None:
            assert answer.raw == b"", answer
            return
        kind = answer.headers["Content-Type"].partition(";")[0]
        assert kind in content, f"{kind}: {answer!r}"
        if kind.endswith("json"):
            body = answer.json
            self.validator(content[kind]["schema"]).validate(body)
            if kind == "application/problem+json":
                assert body["status"] == answer.status, answer


SPEC = Spec(SRC / "docs/openapi.yaml")
