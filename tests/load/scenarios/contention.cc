// Contention: all want to publish the same version at the same time.
//
// With bytes of their own one of them wins, the others are told that it exists, and what is served
// is the winner's. With the same bytes all get the same answer, and it is new to one of them.
#include <fmt/format.h>

#include <set>

#include "tests/load/driver.h"
#include "tests/load/registry.h"
#include "tests/load/scenario.h"

namespace mkt::load {
namespace {

constexpr std::size_t kContentionClients = 16;

// What became of one version.
struct Round {
  std::size_t created = 0, repeated = 0, conflicts = 0;
  std::set<std::string> checksums;  // that clients were told
};

std::vector<Round> race(Registry& registry, const std::string& id, std::size_t rounds,
                        bool same_bytes, ScenarioReport& report) {
  std::vector<Call> calls;
  for (std::size_t round = 0; round < rounds; ++round) {
    const std::string version = fmt::format("1.{}.0", round);
    HttpRequest request;
    for (std::size_t i = 0; i < kContentionClients; ++i) {
      if (i == 0 || !same_bytes) {
        request = registry.publishing(id, version, "custom", fmt::format("client {}", i));
      }
      calls.push_back({0, request, round});
    }
  }
  std::vector<Round> all(rounds);
  Load load;
  load.name = same_bytes ? "the same bytes" : "bytes of their own";
  load.operations = {"publish"};
  load.connections = kContentionClients;
  load.duration = std::chrono::minutes(1);
  load.next = in_turn(std::move(calls));
  load.judge = [&all](const Call& call, const Reply& reply) {
    Round& round = all[call.tag];
    const auto body = parse_json(reply.body, "the answer");
    if (!body) return Outcome::failed;
    if (reply.status == 409 && text_member(*body, "code") == "version_exists") {
      ++round.conflicts;
      return Outcome::answered;
    }
    if (reply.status != 201 && reply.status != 200) return Outcome::failed;
    ++(reply.status == 201 ? round.created : round.repeated);
    round.checksums.insert(text_member(*body, "tarballChecksum").value_or(""));
    return Outcome::answered;
  };
  report.runs.push_back(drive(registry.url(), std::move(load)));
  return all;
}

void check(Registry& registry, const std::string& id, const std::vector<Round>& rounds,
           bool same_bytes, ScenarioReport& report) {
  const std::string name = report.runs.back().name();
  report.check(report.runs.back().count(Outcome::failed) == 0, name + ": some failed otherwise");
  for (std::size_t i = 0; i < rounds.size(); ++i) {
    const Round& r = rounds[i];
    const std::size_t others = same_bytes ? r.repeated : r.conflicts;
    report.check(r.created == 1 && others == kContentionClients - 1,
                 fmt::format("{}: 1.{}.0 was new to {} of {}, there for {}, refused to {}", name, i,
                             r.created, kContentionClients, r.repeated, r.conflicts));
    const Json served = registry.must(
        200, registry.get(fmt::format("/v1/connectors/{}/1.{}.0", id, i)), "the version");
    report.check(
        r.checksums == std::set{text_member(served, "tarballChecksum").value_or("")},
        fmt::format("{}: what is served of 1.{}.0 is not what the winner was told", name, i));
  }
}

}  // namespace

ScenarioReport run_contention(const Options& options) {
  ScenarioReport report;
  Registry registry(options);
  const std::size_t rounds = options.by_size<std::size_t>(10, 100);
  for (const bool same_bytes : {false, true}) {
    const std::string id = registry.name(same_bytes ? "same" : "own");
    check(registry, id, race(registry, id, rounds, same_bytes, report), same_bytes, report);
  }
  return report;
}

}  // namespace mkt::load
