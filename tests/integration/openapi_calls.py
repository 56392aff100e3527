"""Calls a registry as a script of one call a line says, and holds each answer to its OpenAPI document.

usage: openapi_calls.py URL SCRIPT

A line is OPERATION STATUS [@TOKEN] [NAME=VALUE…] [FILE|JSON]: the operation of that id is called with
these parameters of its path, query or headers, and the body; the answer must have the status and be
of the schema that the document gives for it. Schemas are closed here: a member that the document
does not know is an error. A line may keep members of the answer for later ones: `> name=path`.

In the end every operation must have been called with success, and every one but those that cannot
fail with a failure too.
"""
import json
import re
import sys
import urllib.error
import urllib.parse
import urllib.request

from jsonschema import Draft202012Validator, FormatChecker

# What takes no input that could be wrong and looks at nothing that may be missing.
CANNOT_FAIL = {"showAlive", "showReady", "showOpenapi", "showMetrics", "showMetricsBelowV1",
               "showStatus", "showCatalogHealth", "showStats", "listPublishers"}


def fail(text):
    sys.exit("FAILED: " + text)


def close(schema):
    """Every object that lists its members has no others."""
    if isinstance(schema, dict):
        for value in schema.values():
            close(value)
        if schema.get("type") == "object" and "properties" in schema:
            schema.setdefault("additionalProperties", False)
    elif isinstance(schema, list):
        for value in schema:
            close(value)


class Registry:
    def __init__(self, url):
        self.url = url
        with urllib.request.urlopen(url + "/v1/openapi") as answer:
            self.document = json.load(answer)
        self.operations = {}
        for path, methods in self.document["paths"].items():
            for method, operation in methods.items():
                self.operations[operation["operationId"]] = (method.upper(), path, operation)
        close(self.document["components"]["schemas"])
        self.succeeded, self.failed, self.kept = set(), set(), {}

    def errors(self, schema, value):
        whole = dict(schema, components=self.document["components"])
        validator = Draft202012Validator(whole, format_checker=FormatChecker())
        return [f"{e.json_path}: {e.message}" for e in validator.iter_errors(value)]

    def request_of(self, name, words):
        if name not in self.operations:
            fail(f"the document has no operation {name}")
        method, path, operation = self.operations[name]
        headers, query, body = {}, {}, None
        known = {p["name"]: p["in"] for p in operation.get("parameters", [])}
        for word in words:
            if word.startswith("@"):
                headers["Authorization"] = "Bearer " + word[1:]
            elif word.startswith("{"):
                body = word.encode()
            elif word.startswith("/"):
                with open(word, "rb") as file:
                    body = file.read()
            else:
                key, _, value = word.partition("=")
                where = known.get(key) or fail(f"{name} has no parameter {key}")
                if where == "path":
                    path = path.replace("{%s}" % key, urllib.parse.quote(value, safe=""))
                elif where == "query":
                    query[key] = value
                else:
                    headers[key] = value
        if query:
            path += "?" + urllib.parse.urlencode(query)
        if body is not None:
            headers["Content-Type"] = next(iter(operation["requestBody"]["content"]))
        return urllib.request.Request(self.url + path, body, headers, method=method)

    def call(self, line):
        call, _, keep = line.partition(" > ")
        call, brace, document = self.filled(call).partition(" {")
        name, status, *words = call.split()
        if brace:
            words.append("{" + document)
        request = self.request_of(name, words)
        try:
            answer = urllib.request.urlopen(request)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            body = answer.read()
        if answer.status != int(status):
            fail(f"{line}\n  answered {answer.status}: {body[:500].decode(errors='replace')}")
        self.hold_request(name, request, answer.status, line)
        self.hold_answer(name, answer, body, line)
        for one in keep.split():
            key, _, member = one.partition("=")
            value = json.loads(body)
            for step in member.split("."):
                value = value[int(step)] if step.isdigit() else value[step]
            self.kept[key] = str(value)

    def filled(self, text):
        return re.sub(r"\$(\w+)", lambda m: self.kept.get(m[1]) or fail("nothing kept as " + m[1]), text)

    def hold_request(self, name, request, status, line):
        """What the registry takes, the document lets through."""
        wanted = self.operations[name][2].get("requestBody")
        if status >= 400 or wanted is None or request.data is None:
            return
        schema = wanted["content"].get("application/json", {}).get("schema")
        wrong = self.errors(schema, json.loads(request.data)) if schema else []
        if wrong:
            fail(f"{line}\n  the body is not of the schema: " + "; ".join(wrong))

    def hold_answer(self, name, answer, body, line):
        operation = self.operations[name][2]
        responses = operation["responses"]
        said = responses.get(str(answer.status)) or responses.get(f"{answer.status // 100}XX")
        if said is None:
            fail(f"{line}\n  the document knows no answer {answer.status}")
        if "$ref" in said:
            said = self.document["components"]["responses"][said["$ref"].rpartition("/")[2]]
        content = said.get("content", {})
        kind = (answer.headers.get("Content-Type") or "").partition(";")[0]
        if bool(body) != bool(content):
            fail(f"{line}\n  a body of {len(body)} bytes, where the document says: {list(content)}")
        if body and kind not in content:
            fail(f"{line}\n  answered {kind}, where the document says {list(content)}")
        if kind == "application/json":
            wrong = self.errors(content[kind]["schema"], json.loads(body))
            if wrong:
                fail(f"{line}\n  the answer is not of the schema: " + "; ".join(wrong))
        (self.succeeded if answer.status < 400 else self.failed).add(name)


def main():
    registry = Registry(sys.argv[1])
    Draft202012Validator.check_schema({"$defs": registry.document["components"]["schemas"]})
    with open(sys.argv[2]) as script:
        for line in script:
            line = line.strip()
            if line and not line.startswith("#"):
                registry.call(line)
    every = set(registry.operations)
    if every - registry.succeeded:
        fail("never called with success: " + ", ".join(sorted(every - registry.succeeded)))
    if every - registry.failed - CANNOT_FAIL:
        fail("never failed: " + ", ".join(sorted(every - registry.failed - CANNOT_FAIL)))
    print(f"{len(every)} operations hold")


main()
