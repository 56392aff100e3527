// Locking: many change the same things at once, and each change is there, once.
//
// Versions of one connector are published over many connections; approvers approve the same
// requests at the same time.
#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <set>

#include "common/connector/version.h"
#include "tests/load/catalog.h"
#include "tests/load/scenario.h"

namespace mkt::load {
namespace {

constexpr std::size_t kConnections = 32;
constexpr std::size_t kApprovers = 6;
constexpr std::size_t kNeeded = 3;

void publish_versions(Registry& registry, std::size_t count, ScenarioReport& report) {
  const std::string id = registry.name("many-versions");
  std::vector<Call> calls;
  for (std::size_t i = 0; i < count; ++i) {
    calls.push_back({0, registry.publishing(id, fmt::format("1.{}.0", i)), i});
  }
  std::shuffle(calls.begin(), calls.end(), std::mt19937_64(7));
  Load load;
  load.name = "versions of one connector";
  load.operations = {"publish"};
  load.connections = kConnections;
  load.duration = std::chrono::minutes(1);
  load.next = in_turn(std::move(calls));
  report.runs.push_back(drive(registry.url(), std::move(load)));

  const Json connector = registry.must(200, registry.get("/v1/connectors/" + id), "the connector");
  std::set<std::string> versions;
  for (const Json& v : connector["versions"]) versions.insert(v.get<std::string>());
  report.check(versions.size() == count && connector["versions"].size() == count,
               fmt::format("{} versions were published and {} are listed", count,
                           connector["versions"].size()));
  const std::string newest = fmt::format("1.{}.0", count - 1);
  report.check(text_member(connector, "latestVersion") == newest,
               fmt::format("the latest version is {}, not {}",
                           text_member(connector, "latestVersion").value_or("none"), newest));
}

// Requests of one tenant, each for a connector of its own.
std::vector<std::string> ask(Registry& registry, const std::string& tenant, std::size_t count) {
  std::vector<HttpRequest> publishes;
  std::vector<std::string> connectors;
  for (std::size_t i = 0; i < count; ++i) {
    connectors.push_back(registry.name(fmt::format("vault-{}", i)));
    publishes.push_back(registry.publishing(connectors.back(), "1.0.0", "auth"));
  }
  publish_all(registry, std::move(publishes));
  registry.must(200,
                registry.send({"PUT",
                               fmt::format("/v1/tenants/{}/policy", tenant),
                               {},
                               dump_json(Json{{"policy", {{"minApprovals", kNeeded}}}}),
                               {}}),
                "the policy");
  const std::string member = registry.token_of("member", tenant, "bob");
  std::vector<std::string> ids;
  for (const std::string& connector : connectors) {
    const Json asked = registry.must(
        202, registry.send(registry.installing(tenant, connector, "1.0.0", member)), "asking");
    ids.push_back(*text_member(asked, "requestId"));
  }
  return ids;
}

void approve_together(Registry& registry, std::size_t count, ScenarioReport& report) {
  const std::string tenant = registry.name("team");
  const std::string base = fmt::format("/v1/tenants/{}/install-requests/", tenant);
  const std::vector<std::string> ids = ask(registry, tenant, count);
  std::vector<std::string> tokens;
  for (std::size_t a = 0; a < kApprovers; ++a) {
    tokens.push_back(registry.token_of("approver", tenant, fmt::format("approver-{}", a)));
  }
  std::vector<Call> calls;
  for (std::size_t i = 0; i < count; ++i) {
    for (const std::string& token : tokens) {
      calls.push_back({0,
                       {"POST",
                        base + ids[i] + "/approve",
                        {"Authorization: Bearer " + token, "Content-Type: application/json"},
                        "{}",
                        {}},
                       i});
    }
  }
  Load load;
  load.name = "approvals of the same requests";
  load.operations = {"approve"};
  load.connections = kConnections;
  load.duration = std::chrono::minutes(1);
  load.next = in_turn(std::move(calls));
  // Whoever comes after the last that was needed is told so.
  load.judge = [](const Call&, const Reply& reply) {
    if (reply.status == 409 && reply.body.find("request_decided") != std::string_view::npos) {
      return Outcome::answered;
    }
    return reply.status == 200 ? Outcome::answered : Outcome::failed;
  };
  report.runs.push_back(drive(registry.url(), std::move(load)));

  for (std::size_t i = 0; i < count; ++i) {
    const Json shown = registry.must(200, registry.get(base + ids[i]), "the request");
    const Json& request = shown.contains("request") ? shown["request"] : shown;
    std::set<std::string> approvers;
    for (const Json& approval : request["approvals"]) {
      approvers.insert(*text_member(approval, "approver"));
    }
    report.check(text_member(request, "status") == "approved" && approvers.size() == kNeeded &&
                     request["approvals"].size() == kNeeded,
                 fmt::format("a request that needs {} approvals is {} with {} of {} approvers",
                             kNeeded, text_member(request, "status").value_or("?"),
                             request["approvals"].size(), approvers.size()));
    const std::string connector = registry.name(fmt::format("vault-{}", i));
    const Json installed = registry.must(
        200, registry.get(fmt::format("/v1/tenants/{}/installs/{}", tenant, connector)),
        "the installation");
    report.check(installed["history"].size() == 1,
                 fmt::format("{} was installed {} times", connector, installed["history"].size()));
  }
}

}  // namespace

ScenarioReport run_locking(const Options& options) {
  ScenarioReport report;
  Registry registry(options);
  publish_versions(registry, options.by_size<std::size_t>(100, 1000), report);
  approve_together(registry, options.by_size<std::size_t>(20, 200), report);
  for (const Measurement& run : report.runs) {
    report.check(run.count(Outcome::failed) == 0,
                 fmt::format("{}: {} failed", run.name(), run.count(Outcome::failed)));
  }
  return report;
}

}  // namespace mkt::load
