// Idempotency: a hundred clients ask for the same install at the same time, and it is one request.
//
// First as people do, without a key: the wish itself says that it is the same. Then with one
// Idempotency-Key: each gets the first one's answer, or is told that it is still at work.
#include <fmt/format.h>

#include <set>

#include "tests/load/catalog.h"
#include "tests/load/scenario.h"

namespace mkt::load {
namespace {

constexpr std::size_t kIdempotencyClients = 100;

// The ids of the requests that the clients were told of, by round.
using Told = std::vector<std::set<std::string>>;

Load same_wish(Registry& registry, const std::string& id, const std::string& run,
               std::size_t rounds, bool keyed, Told& told) {
  std::vector<Call> calls;
  for (std::size_t round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < kIdempotencyClients; ++i) {
      Call call{0,
                registry.installing(registry.name(fmt::format("{}-{}", run, round)), id, "1.0.0"),
                round};
      if (keyed) call.request.headers.push_back(fmt::format("Idempotency-Key: {}-{}", run, round));
      calls.push_back(std::move(call));
    }
  }
  told.assign(rounds, {});
  Load load;
  load.operations = {"install"};
  load.connections = kIdempotencyClients;
  load.duration = std::chrono::minutes(1);
  load.next = in_turn(std::move(calls));
  load.judge = [&told](const Call& call, const Reply& reply) {
    // On a busy machine a hundred at once may be more than it takes; whoever is told so asked for
    // nothing.
    if (reply.status == 503) return Outcome::refused;
    const auto body = parse_json(reply.body, "the answer");
    if (!body) return Outcome::failed;
    if (reply.status == 409 && text_member(*body, "code") == "in_progress") {
      return Outcome::answered;
    }
    if (reply.status != 202) return Outcome::failed;
    told[call.tag].insert(text_member(*body, "requestId").value_or(""));
    return Outcome::answered;
  };
  return load;
}

}  // namespace

ScenarioReport run_idempotency(const Options& options) {
  ScenarioReport report;
  Registry registry(options);
  const std::string id = registry.name("vault");
  // One that needs an approval: it stays a request.
  publish_all(registry, [&] {
    std::vector<HttpRequest> one;
    one.push_back(registry.publishing(id, "1.0.0", "auth"));
    return one;
  }());
  const std::size_t rounds = options.by_size<std::size_t>(5, 50);
  for (const bool keyed : {false, true}) {
    const std::string run = keyed ? "keyed" : "plain";
    Told told;
    Load load = same_wish(registry, id, run, rounds, keyed, told);
    load.name = keyed ? "the same Idempotency-Key" : "the same wish";
    report.runs.push_back(drive(registry.url(), std::move(load)));
    const Measurement& measured = report.runs.back();
    report.check(measured.count(Outcome::failed) == 0,
                 fmt::format("{}: {} answers are neither the request nor \"in progress\"",
                             measured.name(), measured.count(Outcome::failed)));
    for (std::size_t round = 0; round < rounds; ++round) {
      const Json list =
          registry.must(200,
                        registry.get(fmt::format("/v1/tenants/{}/install-requests",
                                                 registry.name(fmt::format("{}-{}", run, round)))),
                        "the tenant's requests");
      report.check(
          told[round].size() == 1 && list["requests"].size() == 1,
          fmt::format("{}: {} clients were told of {} requests, and {} were made", measured.name(),
                      kIdempotencyClients, told[round].size(), list["requests"].size()));
    }
  }
  return report;
}

}  // namespace mkt::load
