#include "cli/commands/connector_templates.h"

#include <algorithm>

namespace mkt {
namespace {

constexpr std::string_view kPlainScript =
    R"(// The entrypoint that connector.manifest.json names: one function for each tool.
export async function hello({ name = "world" } = {}) {
  return { text: `Hello, ${name}!` };
}
)";

constexpr std::string_view kNodePackage = R"({
  "private": true,
  "type": "module",
  "main": "index.js",
  "scripts": { "test": "node --test" }
}
)";

constexpr std::string_view kNodeTest = R"(import assert from "node:assert/strict";
import test from "node:test";
import { hello } from "../index.js";

test("hello greets by name", async () => {
  assert.equal((await hello({ name: "Ada" })).text, "Hello, Ada!");
});
)";

constexpr std::string_view kPythonScript =
    R"("""The entrypoint that connector.manifest.json names: one function for each tool."""


def hello(name: str = "world") -> dict:
    return {"text": f"Hello, {name}!"}


if __name__ == "__main__":
    print(hello()["text"])
)";

constexpr std::string_view kMcpServer =
    R"(// An MCP server (https://modelcontextprotocol.io) on standard input and output: JSON-RPC 2.0, one
// message a line. Messages for people go to standard error.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const manifest = JSON.parse(readFileSync(new URL("connector.manifest.json", import.meta.url)));
const protocolVersions = ["2025-06-18", "2025-03-26", "2024-11-05"];

// The tools of connector.manifest.json, each with its input and what it does.
const tools = {
  hello: {
    description: "Says hello",
    inputSchema: { type: "object", properties: { name: { type: "string" } } },
    call: async ({ name = "world" }) => `Hello, ${name}!`,
  },
};

const methods = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion: protocolVersions.includes(protocolVersion)
      ? protocolVersion
      : protocolVersions[0],
    capabilities: { tools: {} },
    serverInfo: { name: manifest.id, version: manifest.version },
  }),
  ping: () => ({}),
  "tools/list": () => ({
    tools: Object.entries(tools).map(([name, { description, inputSchema }]) => ({
      name,
      description,
      inputSchema,
    })),
  }),
  "tools/call": async ({ name, arguments: input = {} }) => {
    if (!Object.hasOwn(tools, name)) throw failure(-32602, `there is no tool ${name}`);
    try {
      return { content: [{ type: "text", text: await tools[name].call(input) }] };
    } catch (error) {
      return { content: [{ type: "text", text: String(error) }], isError: true };
    }
  },
};

function failure(code, message) {
  return Object.assign(new Error(message), { code });
}

function send(message) {
  process.stdout.write(JSON.stringify({ jsonrpc: "2.0", ...message }) + "\n");
}

async function handle(line) {
  let request;
  try {
    request = JSON.parse(line);
  } catch {
    return send({ id: null, error: { code: -32700, message: "this is not JSON" } });
  }
  if (request === null || typeof request !== "object" || Array.isArray(request)) {
    return send({ id: null, error: { code: -32600, message: "this is not a request" } });
  }
  const { id, method, params = {} } = request;
  if (id === undefined || method === undefined) return; // a notification, or an answer
  try {
    if (!Object.hasOwn(methods, method)) throw failure(-32601, `there is no method ${method}`);
    send({ id, result: await methods[method](params) });
  } catch (error) {
    send({ id, error: { code: error.code ?? -32603, message: error.message } });
  }
}

createInterface({ input: process.stdin }).on("line", handle);
)";

const std::vector<ConnectorTemplate>& templates() {
  static const std::vector<ConnectorTemplate> all = {
      {"", "index.js", "*.log\n", {{"index.js", kPlainScript}}, ""},
      {"mcp", "server.mjs", "*.log\n", {{"server.mjs", kMcpServer}}, "node server.mjs"},
      {"node",
       "index.js",
       "*.log\ntest/\n",
       {{"index.js", kPlainScript},
        {"package.json", kNodePackage},
        {"test/hello.test.js", kNodeTest}},
       "npm test"},
      {"python",
       "main.py",
       "*.log\n*.pyc\n__pycache__/\n.venv/\n",
       {{"main.py", kPythonScript}},
       "python3 main.py"},
  };
  return all;
}

}  // namespace

const ConnectorTemplate* find_template(std::string_view name) {
  const auto found = std::find_if(templates().begin(), templates().end(),
                                  [&](const ConnectorTemplate& each) { return each.name == name; });
  return found == templates().end() ? nullptr : &*found;
}

std::vector<std::string> template_names() {
  std::vector<std::string> names;
  for (const ConnectorTemplate& each : templates()) {
    if (!each.name.empty()) names.emplace_back(each.name);
  }
  return names;
}

}  // namespace mkt
