// Connectors as MCP servers: how a version becomes server.json, and pages that go on where the one
// before ended.
#include "daemon/service/mcp_servers.h"

#include <doctest/doctest.h>

#include "common/base/utf8.h"
#include "daemon/service/visibility.h"
#include "tests/unit/must.h"
#include "tests/unit/service/registry_fixture.h"

namespace mkt {
namespace {

const McpScope kForEveryone{"com.acme"};

// The version of a connector "tool" as it is listed.
McpServer listed_tool(const Json& manifest) {
  McpServer s;
  s.version.connector_id = "tool";
  s.version.version = "1.0.0";
  s.version.manifest = dump_json(manifest);
  s.version.checksum = "sha256:" + std::string(64, 'a');
  s.listed.status = McpStatus::active;
  return s;
}

Json server_of(const Json& manifest) {
  return mcp_message(listed_tool(manifest), kForEveryone).to_json()["server"];
}

Json official_of(const McpServer& s) {
  return mcp_message(s, kForEveryone)
      .to_json()["_meta"]["io.modelcontextprotocol.registry/official"];
}

TEST_CASE("a description is one line of 1 to 100 characters, whatever the manifest has") {
  const auto description = [](const Json& manifest) {
    return server_of(manifest)["description"].get<std::string>();
  };
  CHECK(description({{"description", "Sends messages"}}) == "Sends messages");
  CHECK(description({{"description", "  two\r\n\tlines  "}}) == "two lines");
  CHECK(description({{"description", ""}, {"displayName", "The tool"}}) == "The tool");
  CHECK(description({{"description", " \n "}}) == "tool");
  CHECK(description({{"description", 7}}) == "tool");
  CHECK(description({{"description", std::string(100, 'x')}}) == std::string(100, 'x'));
  CHECK(description({{"description", std::string(101, 'x')}}) == std::string(99, 'x') + "…");
  std::string umlauts;
  for (int i = 0; i < 150; ++i) umlauts += "ü";
  const std::string cut = description({{"description", umlauts}});
  CHECK(count_code_points(cut) == 100);
  CHECK(is_valid_utf8(cut));
}

TEST_CASE("a repository is named by its forge") {
  const auto source = [](const char* url) {
    const Json server = server_of({{"repository", url}});
    const auto found = server.find("repository");
    return found == server.end() ? "none" : (*found)["source"].get<std::string>();
  };
  CHECK(source("https://github.com/acme/tool") == "github");
  CHECK(source("https://www.github.com/acme/tool") == "github");
  CHECK(source("https://gitlab.com/acme/tool") == "gitlab");
  CHECK(source("https://git.acme.example/tool?x#y") == "git.acme.example");
  CHECK(source("ssh://git@github.com/acme/tool") == "github");
  // A host that only begins or ends like one.
  CHECK(source("https://github.com.evil.example/acme") == "github.com.evil.example");
  CHECK(source("https://notgithub.com/acme") == "notgithub.com");
  CHECK(source("acme/tool") == "none");
  CHECK(source("https://git.acme.example/ü") == "none");
}

TEST_CASE("a server has a package or a remote, as the manifest says") {
  const Json own = server_of({{"mcp", {{"transport", "stdio"}}}});
  REQUIRE(own["packages"].size() == 1);
  CHECK(own["packages"][0]["registryType"] == "mkt");
  CHECK(own["packages"][0]["identifier"] == "tool");
  CHECK(own["packages"][0]["fileSha256"] == std::string(64, 'a'));
  CHECK(own["packages"][0]["transport"] == Json{{"type", "stdio"}});
  CHECK_FALSE(own.contains("remotes"));

  const Json npm = server_of({{"mcp",
                               {{"transport", "stdio"},
                                {"runtimeHint", "npx"},
                                {"package", {{"registryType", "npm"}, {"identifier", "@a/x"}}}}}});
  CHECK(npm["packages"][0]["registryType"] == "npm");
  CHECK(npm["packages"][0]["runtimeHint"] == "npx");
  CHECK_FALSE(npm["packages"][0].contains("fileSha256"));

  const Json far =
      server_of({{"mcp", {{"transport", {{"type", "sse"}, {"url", "https://mcp.acme.example"}}}}}});
  CHECK(far["remotes"][0]["url"] == "https://mcp.acme.example");
  CHECK_FALSE(far.contains("packages"));

  // One that was published before declarations were checked.
  const Json odd = server_of({{"mcp", {{"transport", "telnet"}}}});
  CHECK_FALSE(odd.contains("packages"));
  CHECK_FALSE(odd.contains("remotes"));
}

TEST_CASE(
    "the official part says why a version is deprecated or deleted, in at most 500 characters") {
  McpServer s = listed_tool(Json::object());
  CHECK(official_of(s)["status"] == "active");
  CHECK_FALSE(official_of(s).contains("statusMessage"));
  s.listed.status = McpStatus::deprecated;
  s.version.deprecated = true;
  s.version.deprecation_reason = "use\n1.1.0";
  CHECK(official_of(s)["status"] == "deprecated");
  CHECK(official_of(s)["statusMessage"] == "use 1.1.0");
  s.listed.status = McpStatus::deleted;
  s.version.quarantined = true;
  CHECK(official_of(s)["status"] == "deleted");
  CHECK(official_of(s)["statusMessage"] == "in quarantine: the key that signed it is compromised");
  s.version.quarantine_reason = std::string(600, 'x');
  CHECK(official_of(s)["statusMessage"].get<std::string>() ==
        "in quarantine: " + std::string(484, 'x') + "…");
  s.version.withdrawn_at = utc_now();
  s.version.withdrawal_code = "security";
  s.version.withdrawal_reason = "calls home";
  CHECK(official_of(s)["statusMessage"] == "withdrawn (security): calls home");
}

struct ManyServers : RegistryFixture {
  ManyServers() {
    const KeyRecord key = add_publisher("maker");
    for (const char* id : {"chat-a", "mail", "chat-b", "calendar", "chat-c"}) {
      for (const char* number : {"1.0.0", "1.1.0"}) {
        NewVersion v = version(id, number, key);
        v.version.manifest = R"({"mcp": {"transport": "stdio"}})";
        REQUIRE(registry->publish(v, kActor));
      }
    }
  }
  static std::string names(const McpPage& page) {
    std::string all;
    for (const McpServer& s : page.servers) {
      all += (all.empty() ? "" : " ") + s.version.connector_id + "@" + s.version.version;
    }
    return all;
  }
  McpServers servers{registry->market()};
  const Caller anybody;
};

TEST_CASE_FIXTURE(ManyServers, "pages of any size have every server once, by name") {
  const std::string whole = names(must(servers.list(anybody, kForEveryone, {.limit = 100})));
  CHECK(whole ==
        "calendar@1.0.0 calendar@1.1.0 chat-a@1.0.0 chat-a@1.1.0 chat-b@1.0.0 chat-b@1.1.0 "
        "chat-c@1.0.0 chat-c@1.1.0 mail@1.0.0 mail@1.1.0");
  for (const std::uint32_t limit : {1U, 2U, 3U, 7U}) {
    CAPTURE(limit);
    McpQuery query{.limit = limit};
    std::string read;
    do {
      const McpPage page = must(servers.list(anybody, kForEveryone, query));
      read += (read.empty() || page.servers.empty() ? "" : " ") + names(page);
      query.cursor = page.next_cursor;
    } while (!query.cursor.empty());
    CHECK(read == whole);
  }
}

// Visual Studio Code 1.128 sends what was searched for with the first page only.
TEST_CASE_FIXTURE(ManyServers, "a cursor goes on with the search of its page") {
  const McpQuery first{.limit = 2, .search = "chat", .version = "latest"};
  const McpPage page = must(servers.list(anybody, kForEveryone, first));
  CHECK(names(page) == "chat-a@1.1.0 chat-b@1.1.0");
  McpQuery next{.cursor = page.next_cursor, .limit = 2, .version = "latest"};
  CHECK(names(must(servers.list(anybody, kForEveryone, next))) == "chat-c@1.1.0");
  next.search = "chat";
  CHECK(names(must(servers.list(anybody, kForEveryone, next))) == "chat-c@1.1.0");
  next.search = "mail";  // what the call itself says comes first
  CHECK(names(must(servers.list(anybody, kForEveryone, next))) == "mail@1.1.0");
}

TEST_CASE_FIXTURE(ManyServers, "a cursor of nobody's is refused, and one of before is taken") {
  for (const char* cursor : {"x", "zz", "6d", "6d61696c", "6d61696c3a", "6d61696c3a78", "3a31",
                             "2e2e2f3a31", "6d61696c3a31783a"}) {
    CAPTURE(cursor);
    const auto page = servers.list(anybody, kForEveryone, {.cursor = cursor});
    REQUIRE_FALSE(page);
    CHECK(page.error().code == ErrorCode::invalid_request);
  }
  CHECK_FALSE(servers.list(anybody, kForEveryone, {.cursor = std::string(1026, '6')}));
  // "mail:0", without a search.
  CHECK(names(must(servers.list(anybody, kForEveryone, {.cursor = "6d61696c3a30"}))) ==
        "mail@1.0.0 mail@1.1.0");
}

TEST_CASE_FIXTURE(ManyServers, "a server has its name in this namespace alone") {
  const auto latest = [&](const char* name) {
    const auto found = servers.show(anybody, kForEveryone, name, "latest");
    return found ? found->version.version : std::string("none");
  };
  CHECK(latest("com.acme/mail") == "1.1.0");
  for (const char* name : {"mail", "com.acme", "com.acme/", "com.acmemail", "com.acme/mail/",
                           "com.other/mail", "com.acme/chat", ""}) {
    CAPTURE(name);
    CHECK(latest(name) == "none");
  }
  CHECK(must(servers.versions(anybody, kForEveryone, "com.acme/mail")).size() == 2);
}

TEST_CASE_FIXTURE(ManyServers, "what few may see is in a tenant's list for that tenant alone") {
  PolicyRecord policy;
  policy.document = "{}";
  policy.set_at = utc_now();
  for (const char* tenant : {"acme", "beta"}) {
    policy.tenant_id = tenant;
    REQUIRE(registry->set_policy(policy, std::nullopt, kActor));
  }
  REQUIRE(keep_visibility(registry->market(), kActor, nullptr, "mail", {"acme", "beta"}));
  const auto sees_mail = [&](Role role, const std::string& subject) {
    Caller caller;
    caller.token_id = "t";
    caller.role = role;
    caller.subject = subject;
    const McpScope of_beta{"com.acme", *TenantId::parse("beta")};
    const std::string listed = names(must(servers.list(caller, of_beta, {.limit = 100})));
    return listed.find("mail@") != std::string::npos;
  };
  CHECK(sees_mail(Role::member, "beta"));
  CHECK(sees_mail(Role::admin, ""));
  CHECK_FALSE(sees_mail(Role::member, "acme"));
  CHECK_FALSE(sees_mail(Role::publisher, "maker"));
}

}  // namespace
}  // namespace mkt
