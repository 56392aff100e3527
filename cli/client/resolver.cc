// Resolves by narrowing the choices until nothing changes.
#include "cli/client/resolver.h"

#include <fmt/format.h>

#include <algorithm>
#include <compare>
#include <set>

namespace mkt {
namespace {

// If the choices never settle, this is an error rather than an endless loop.
constexpr int kMaxRounds = 100;
constexpr std::size_t kMaxConnectors = 1000;
constexpr std::size_t kMaxShown = 10;

// A demand for one connector. It comes from an id; the path to that id is computed only when an
// error has to show it.
struct Demand {
  std::string by;  // empty: the user asked for it
  std::optional<Version> exact;
  const VersionRange* range = nullptr;  // null and no `exact`: any version will do

  bool allows(const Version& v) const {
    if (exact) return *exact == v;
    return range == nullptr || range->contains(v);
  }
};

class Resolution {
 public:
  Resolution(const std::vector<WantedConnector>& wanted,
             const std::map<std::string, InstalledConnector>& installed, VersionSource& source)
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
  using Dependencies = std::map<std::string, VersionRange>;

  // True where no choice changed. Only then is an unsatisfiable demand an error: before, it may
  // depend on a choice that is about to change.
  Result<bool> narrow() {
    MKT_CHECK(walk());
    add_demands_of_installed();
    bool settled = true;
    std::optional<Error> obstacle;
    for (const auto& [id, demands] : demands_) {
      auto best = choose(id, demands);
      if (!best && !is_obstacle(best.error())) return best.error();
      if (!best) {
        if (!obstacle) obstacle = std::move(best.error());
        continue;
      }
      if (const auto it = chosen_.find(id); it != chosen_.end() && it->second == *best) continue;
      chosen_.insert_or_assign(id, std::move(*best));
      settled = false;
    }
    if (settled && obstacle) return std::move(*obstacle);
    return settled;
  }

  // Collects everything that the present choices need, breadth first.
  Status walk() {
    demands_.clear();
    std::vector<std::string> waiting;
    const auto demand = [&](const std::string& id, Demand d) {
      std::vector<Demand>& of_id = demands_[id];
      if (of_id.empty()) waiting.push_back(id);
      of_id.push_back(std::move(d));
    };
    for (const WantedConnector& w : wanted_) demand(w.id.text(), {"", w.version});
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (i == kMaxConnectors) {
        return Error(ErrorCode::dependency_conflict,
                     fmt::format("this needs more than {} connectors", kMaxConnectors));
      }
      const std::string id = waiting[i];
      if (chosen_.find(id) == chosen_.end()) {
        auto version = choose(id, demands_[id]);
        if (!version && !is_obstacle(version.error())) return version.error();
        if (!version) continue;
        chosen_.emplace(id, std::move(*version));
      }
      MKT_TRY(const Dependencies* const dependencies, dependencies_of(id, chosen_.at(id)));
      for (const auto& [needed, range] : *dependencies) demand(needed, {id, std::nullopt, &range});
    }
    return {};
  }

  void add_demands_of_installed() {
    for (const auto& [id, here] : installed_) {
      if (demands_.find(id) != demands_.end()) continue;
      for (const auto& [needed, range] : here.dependencies) {
        const auto demands = demands_.find(needed);
        if (demands != demands_.end()) demands->second.push_back({id, std::nullopt, &range});
      }
    }
  }

  // True for an error of the choices, not of the source.
  static bool is_obstacle(const Error& e) {
    return e.code == ErrorCode::dependency_conflict || e.code == ErrorCode::connector_not_found ||
           e.code == ErrorCode::version_quarantined || e.code == ErrorCode::version_withdrawn;
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
    auto versions = source_.versions(connector);
    if (!versions) return versions.error().context(path_to(id, demands.front()));
    std::vector<AvailableVersion> quarantined;
    for (const AvailableVersion& v : *versions) {
      if (v.quarantined && allowed(v.version)) quarantined.push_back(v);
    }
    std::erase_if(*versions, [](const AvailableVersion& v) { return v.quarantined; });
    const auto kept = installed_.find(id);
    const bool keeps = kept != installed_.end() && is_wanted_.count(id) == 0;
    std::sort(versions->begin(), versions->end(), is_better);
    const AvailableVersion* best = nullptr;
    for (const AvailableVersion& v : *versions) {
      if (!allowed(v.version)) continue;
      if (keeps && v.version == kept->second.version) return v.version;
      if (best == nullptr) best = &v;
    }
    if (best != nullptr) return best->version;
    if (!quarantined.empty()) return all_in_quarantine(id, std::move(quarantined));
    return conflict(id, demands, *versions);
  }

  static bool is_prerelease(const AvailableVersion& v) {
    return v.prerelease || v.version.is_prerelease();
  }

  // A release before a prerelease, which nobody asked for; then one that is not deprecated; then
  // the higher one.
  static bool is_better(const AvailableVersion& a, const AvailableVersion& b) {
    if (is_prerelease(a) != is_prerelease(b)) return is_prerelease(b);
    if (a.deprecated != b.deprecated) return b.deprecated;
    return std::is_gt(compare_precedence(a.version, b.version));
  }

  // Puts the newest of them into the details, for a caller that can say why.
  static Error all_in_quarantine(const std::string& id, std::vector<AvailableVersion> versions) {
    std::sort(versions.begin(), versions.end(), [](const auto& a, const auto& b) {
      return std::is_gt(compare_precedence(a.version, b.version));
    });
    std::vector<std::string> names;
    for (const AvailableVersion& v : versions) names.push_back(v.version.text());
    if (names.size() > kMaxShown) names.resize(kMaxShown);
    const auto withdrawn =
        std::count_if(versions.begin(), versions.end(), [](const auto& v) { return v.withdrawn; });
    const std::string_view state = withdrawn == 0 ? "is in quarantine"
                                   : withdrawn == std::ssize(versions)
                                       ? "was withdrawn"
                                       : "was withdrawn or is in quarantine";
    const AvailableVersion& newest = versions.front();
    return Error(
        newest.withdrawn ? ErrorCode::version_withdrawn : ErrorCode::version_quarantined,
        fmt::format("every version of {} that fits {}: {}", id, state, fmt::join(names, ", ")),
        {{id + "@" + newest.version.text(), std::string(out_of_reach(newest))}});
  }

  Error conflict(const std::string& id, const std::vector<Demand>& demands,
                 const std::vector<AvailableVersion>& versions) const {
    std::vector<std::string> asked, there;
    for (const Demand& d : demands) asked.push_back(text_of(id, d));
    for (const AvailableVersion& v : versions) there.push_back(v.version.text());
    if (asked.size() > kMaxShown) asked.resize(kMaxShown);
    if (there.size() > kMaxShown) there.resize(kMaxShown);
    return Error(
        ErrorCode::dependency_conflict,
        fmt::format("no version of {} is {}; there is {}", id, fmt::join(asked, " and "),
                    there.empty() ? "none to be had" : fmt::format("{}", fmt::join(there, ", "))));
  }

  std::string text_of(const std::string& id, const Demand& d) const {
    const std::string what = d.exact              ? d.exact->text()
                             : d.range != nullptr ? d.range->text()
                                                  : "any";
    return fmt::format("{} ({})", what.empty() ? "*" : what, path_to(id, d));
  }

  // "app@1.0.0 → lib": the path from what the user asked for, through whatever first needed each. A
  // long path is cut to its end.
  std::string path_to(const std::string& id, const Demand& demand) const {
    std::vector<std::string> steps = {id};
    std::string by = demand.by;
    while (!by.empty() && steps.size() < kMaxShown) {
      const auto asked = demands_.find(by);
      const bool is_part = asked != demands_.end();
      steps.push_back(by + "@" + (is_part ? chosen_.at(by) : installed_.at(by).version).text());
      by = is_part ? asked->second.front().by : "";
    }
    if (!by.empty()) steps.emplace_back("…");
    std::reverse(steps.begin(), steps.end());
    return fmt::format("{}", fmt::join(steps, " → "));
  }

  // Asks the source once and keeps the answer, as demands point into it.
  Result<const Dependencies*> dependencies_of(const std::string& id, const Version& version) {
    const std::string name = id + "@" + version.text();
    if (const auto it = dependencies_.find(name); it != dependencies_.end()) return &it->second;
    MKT_TRY(const ConnectorId connector, ConnectorId::parse(id));
    MKT_TRY(Dependencies found, source_.dependencies(connector, version));
    return &dependencies_.emplace(name, std::move(found)).first->second;
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
    MKT_TRY(const Dependencies* const dependencies, dependencies_of(id, version));
    for (const auto& [needed, range] : *dependencies) MKT_CHECK(place(needed));
    way_.pop_back();
    placed_.insert(id);
    MKT_TRY(ConnectorId connector, ConnectorId::parse(id));
    order_.push_back({std::move(connector), version, *dependencies});
    return {};
  }

  const std::vector<WantedConnector>& wanted_;
  const std::map<std::string, InstalledConnector>& installed_;
  VersionSource& source_;
  std::set<std::string> is_wanted_;
  std::map<std::string, Version> chosen_;
  std::map<std::string, std::vector<Demand>> demands_;  // by id, in this round
  std::map<std::string, Dependencies> dependencies_;    // by id@version
  std::set<std::string> placed_;
  std::vector<std::string> way_;
  std::vector<ResolvedConnector> order_;
};

}  // namespace

Result<std::vector<ResolvedConnector>> resolve(
    const std::vector<WantedConnector>& wanted,
    const std::map<std::string, InstalledConnector>& installed, VersionSource& source) {
  return Resolution(wanted, installed, source).run();
}

}  // namespace mkt
