"""visibility_table.py URL CALLERS: the table of caller, route and visibility, tested whole.

The routes are those of GET /v1/openapi. CALLERS has a line for each caller: a name, its token or "-",
and "sees" or "blind". There is a connector `tool` for everyone, and a connector `secret`, whose texts
all contain "zebra", for those who see it.

Who does not see it gets, from every route, for every method, the answer that an id gets which nobody
has; and no answer of any route contains a word of it. Who sees it reads it. Prints the table.
"""
import json
import re
import sys
import urllib.error
import urllib.request

URL, CALLERS = sys.argv[1:3]
CANARY = "zebra"
# Ids are unique, so a publish under one that is taken is refused (mkt-visibility(1)).
TELLS_THAT_IT_IS_TAKEN = {"publish"}


def fail(text):
    sys.exit("FAILED: " + text)


def call(method, path, token, body=None):
    request = urllib.request.Request(URL + path, method=method)
    if token != "-":
        request.add_header("Authorization", "Bearer " + token)
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode(errors="replace"), dict(answer.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace"), dict(error.headers)


# What a body says, with `name` as ID and without what differs from one request to the next.
def said(answer, name):
    status, text, headers = answer
    text = re.sub(r'"(requestId|timestamp)":"[^"]*",?', "", text).replace(name, "ID")
    kept = {k.lower(): v for k, v in headers.items()}
    for passing in ("date", "x-request-id", "content-length", "mkt-sequence"):
        kept.pop(passing, None)
    kept = {k: v.replace(name, "ID") for k, v in kept.items() if "ratelimit" not in k}
    return status, text, kept


def path_of(pattern, name):
    values = {"id": name, "connector": name, "version": "1.0.0", "tenant": "acme", "publisher": "maker"}
    return re.sub(r"\{(\w+)\}", lambda m: values.get(m.group(1), "x"), pattern)


def body_of(operation, name):
    """A body that the route can read."""
    bodies = {
        "deprecate": {"reason": "x"},
        "quarantine": {"reason": "x"},
        "release": {"reason": "x"},
        "withdraw": {"reasonCode": "mistake", "reason": "x", "dryRun": True},
        "setVisibility": {"visibility": "everyone"},
        "requestInstall": {"connectorId": name},
        "updateInstallation": {},
        "announce": {"connectorId": name, "version": "1.0.0", "tarballChecksum": "sha256:" + "0" * 64},
    }
    return bodies.get(operation)


callers = [line.split() for line in open(CALLERS)]
document = json.loads(call("GET", "/v1/openapi", callers[0][1])[1])
operations = [
    (operation["operationId"], method.upper(), path)
    for path, methods in document["paths"].items()
    for method, operation in methods.items()
    if isinstance(operation, dict) and "operationId" in operation
]
names_one = [o for o in operations if "/connectors/{id}" in o[2] or "{connector}" in o[2] or body_of(o[0], "x")]
if len(names_one) < 20:
    fail(f"only {len(names_one)} routes name a connector")

rows = []
for operation, method, pattern in sorted(names_one):
    row = [f"{method} {pattern}"]
    for name, token, sees in callers:
        if operation in TELLS_THAT_IT_IS_TAKEN:
            row.append("taken")
            continue
        if sees == "sees" and method != "GET":
            row.append("seen")  # what may be changed by whom has tests of its own
            continue
        hidden = call(method, path_of(pattern, "secret"), token, body_of(operation, "secret"))
        if sees == "sees":
            of_tenant = "{tenant}" in pattern
            if hidden[0] != 200 and not of_tenant:
                fail(f"{name} sees it, but {method} {pattern} is answered {hidden[0]}: {hidden[1]}")
            if "public" in hidden[2].get("Cache-Control", ""):
                fail(f"{method} {pattern} may be kept by others: {hidden[2]}")
            row.append(str(hidden[0]))
            continue
        never = call(method, path_of(pattern, "nothing"), token, body_of(operation, "nothing"))
        if said(hidden, "secret") != said(never, "nothing"):
            fail(f"{name}: {method} {pattern} tells it from an id that nobody has:\n"
                 f"{said(hidden, 'secret')}\n{said(never, 'nothing')}")
        if CANARY in hidden[1]:
            fail(f"{name}: {method} {pattern} shows {hidden[1]}")
        if hidden[0] < 400:
            fail(f"{name}: {method} {pattern} is answered {hidden[0]}")
        row.append(str(hidden[0]))
    rows.append(row)

# What lists.
for operation, method, pattern in sorted(operations):
    if method != "GET" or (operation, method, pattern) in names_one:
        continue
    for query in ("", "?q=zebra", "?q=secret", "?connector=secret", "?q=zebra&sortBy=name&pageSize=100"):
        row = [f"GET {pattern}{query}"]
        for name, token, sees in callers:
            status, text, _ = call("GET", path_of(pattern, "secret") + query, token)
            if sees == "blind" and CANARY in text:
                fail(f"{name}: {pattern}{query} shows it: {text}")
            row.append(f"{status}{'*' if CANARY in text else ''}")
        if query == "" or row[1:] != rows[-1][1:]:
            rows.append(row)
found = {row[0]: row for row in rows}["GET /v1/search"]
for (name, _, sees), cell in zip(callers, found[1:]):
    if cell.endswith("*") != (sees == "sees"):
        fail(f"{name}: a search answers {cell}")

print("* shows it;", " ".join(f"{i}={c[0]}({c[2]})" for i, c in enumerate(callers, 1)))
for row in rows:
    print(f"{row[0]:62}", *row[1:])
