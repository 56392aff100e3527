// Resolving by repeated narrowing; see resolver.h.
#include "cli/client/resolver.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace mkt {
namespace {

// A set of connectors that never settles is refused rather than tried for ever.
constexpr int kMaxRounds = 100;
constexpr std::size_t kMaxConnectors = 1000;
constexpr std::size_t kMaxShown = 10;

// Somebody's wish for one connector.
struct Demand {
  std::optional<Version> exact;
  std::optional<VersionRange> range;  // neither: any will do
  std::string path;                   // "app@1.0.0 → lib"

  bool allows(const Version& v) const {
    if (exact) return *exact == v;
    return !range || range->contains(v);
  }
  std::string text() const {
    const std::string what = exact ? exact->text() : range ? range->text() : std::string("any");
    return fmt::format("{} ({})", what.empty() ? "*" : what, path);
  }
};

class Resolution {
 public:
  Resolution(const std::vector<WantedConnector>& wanted,
             const std::map<std::string, Version>& installed, VersionSource& source)
      : wanted_(wanted), installed_(installed), source_(source) {
    for (const WantedConnector& w : wanted) is_wanted_.insert(w.id.text());
  }

  Result<std::vector<ResolvedConnector>> run() {
    for (int round = 0; round < kMaxRounds; ++round) {
      MKT_TRY(const bool settled, narrow());
      if (!settled) continue;
      for (const WantedConnector& w : wanted_) MKT_CHECK(place(w.id.text()));
      return std::move(order_);
    }
    return Error(ErrorCode::dependency_conflict,
                 "the dependencies contradict each other in a circle; name versions that fit");
  }

 private:
  using Demands = std::map<std::string, std::vector<Demand>>;

  // Walks everything that the present choices need; true when no choice changed by it.
  Result<bool> narrow() {
    Demands demands;
    std::vector<std::pair<std::string, std::string>> waiting;  // id, path
    const auto demand = [&](const std::string& id, Demand d) {
      std::string path = d.path;
      const bool is_new = demands.find(id) == demands.end();
      demands[id].push_back(std::move(d));
      if (is_new) waiting.emplace_back(id, std::move(path));
    };
    for (const WantedConnector& w : wanted_) {
      demand(w.id.text(), {w.version, std::nullopt, w.id.text()});
    }
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (i == kMaxConnectors) {
        return Error(ErrorCode::dependency_conflict,
                     fmt::format("this needs more than {} connectors", kMaxConnectors));
      }
      const auto [id, path] = waiting[i];
      if (chosen_.find(id) == chosen_.end()) {
        MKT_TRY(Version version, choose(id, demands[id]));
        chosen_.emplace(id, std::move(version));
      }
      const Version& version = chosen_.at(id);
      MKT_TRY(const auto dependencies, dependencies_of(id, version));
      // "app" becomes "app@1.0.0 → lib".
      for (const auto& [needed, range] : dependencies) {
        demand(needed,
               {std::nullopt, range, fmt::format("{}@{} → {}", path, version.text(), needed)});
      }
    }
    bool settled = true;
    for (const auto& [id, of_id] : demands) {
      MKT_TRY(Version best, choose(id, of_id));
      if (best == chosen_.at(id)) continue;
      chosen_.at(id) = std::move(best);
      settled = false;
    }
    return settled;
  }

  Result<Version> choose(const std::string& id, const std::vector<Demand>& demands) {
    const auto allowed = [&](const Version& v) {
      return std::all_of(demands.begin(), demands.end(),
                         [&](const Demand& d) { return d.allows(v); });
    };
    const auto exact = std::find_if(demands.begin(), demands.end(),
                                    [](const Demand& d) { return d.exact.has_value(); });
    if (exact != demands.end() && allowed(*exact->exact)) return *exact->exact;
    MKT_TRY(const ConnectorId connector, ConnectorId::parse(id));
    const auto kept = installed_.find(id);
    if (kept != installed_.end() && is_wanted_.count(id) == 0 && allowed(kept->second)) {
      return kept->second;
    }
    auto versions = source_.versions(connector);
    if (!versions) return versions.error().context(demands.front().path);
    std::sort(versions->begin(), versions->end(), is_better);
    for (const AvailableVersion& v : *versions) {
      if (allowed(v.version)) return v.version;
    }
    return conflict(id, demands, *versions);
  }

  // What nobody advises against, a release before a prerelease, then the higher one.
  static bool is_better(const AvailableVersion& a, const AvailableVersion& b) {
    if (a.deprecated != b.deprecated) return b.deprecated;
    if (a.version.is_prerelease() != b.version.is_prerelease()) return b.version.is_prerelease();
    return compare_precedence(a.version, b.version) > 0;
  }

  static Error conflict(const std::string& id, const std::vector<Demand>& demands,
                        const std::vector<AvailableVersion>& versions) {
    std::vector<std::string> asked, there;
    for (const Demand& d : demands) asked.push_back(d.text());
    for (const AvailableVersion& v : versions) there.push_back(v.version.text());
    if (there.size() > kMaxShown) there.resize(kMaxShown);
    return Error(ErrorCode::dependency_conflict,
                 fmt::format("no version of {} is {}; there is {}", id, fmt::join(asked, " and "),
                             there.empty() ? "none" : fmt::format("{}", fmt::join(there, ", "))));
  }

  Result<std::map<std::string, VersionRange>> dependencies_of(const std::string& id,
                                                              const Version& version) {
    MKT_TRY(const ConnectorId connector, ConnectorId::parse(id));
    return source_.dependencies(connector, version);
  }

  // Depth first: what a connector needs comes before it.
  Status place(const std::string& id) {
    if (placed_.count(id) > 0) return {};
    const auto on_way = std::find(way_.begin(), way_.end(), id);
    if (on_way != way_.end()) {
      std::vector<std::string> circle(on_way, way_.end());
      circle.push_back(id);
      for (std::string& step : circle) step += "@" + chosen_.at(step).text();
      return Error(
          ErrorCode::dependency_cycle,
          fmt::format("connectors need each other in a circle: {}", fmt::join(circle, " → ")));
    }
    way_.push_back(id);
    const Version& version = chosen_.at(id);
    MKT_TRY(const auto dependencies, dependencies_of(id, version));
    for (const auto& [needed, range] : dependencies) MKT_CHECK(place(needed));
    way_.pop_back();
    placed_.insert(id);
    MKT_TRY(ConnectorId connector, ConnectorId::parse(id));
    order_.push_back({std::move(connector), version});
    return {};
  }

  const std::vector<WantedConnector>& wanted_;
  const std::map<std::string, Version>& installed_;
  VersionSource& source_;
  std::set<std::string> is_wanted_;
  std::map<std::string, Version> chosen_;
  std::set<std::string> placed_;
  std::vector<std::string> way_;
  std::vector<ResolvedConnector> order_;
};

}  // namespace

Result<std::vector<ResolvedConnector>> resolve(const std::vector<WantedConnector>& wanted,
                                               const std::map<std::string, Version>& installed,
                                               VersionSource& source) {
  return Resolution(wanted, installed, source).run();
}

}  // namespace mkt
