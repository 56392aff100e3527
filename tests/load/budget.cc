// Reading budgets and holding measurements to them; see budget.h.
#include "tests/load/budget.h"

#include <fmt/format.h>

#include <array>

#include "common/base/files.h"

namespace mkt::load {
namespace {

constexpr std::uint64_t kMaxFileBytes = 64 * 1024;

struct Field {
  const char* name;
  std::optional<double> Budget::*member;
};
constexpr std::array<Field, 5> kFields{{{"p50Ms", &Budget::p50_ms},
                                        {"p95Ms", &Budget::p95_ms},
                                        {"p99Ms", &Budget::p99_ms},
                                        {"errorShare", &Budget::error_share},
                                        {"leastPerSecond", &Budget::least_per_second}}};

}  // namespace

Budget Budget::relaxed() { return {"relaxed", 200, 1000, 2000, 0.05, 50}; }
Budget Budget::standard() { return {"default", 100, 500, 1000, 0.01, 100}; }
Budget Budget::tight() { return {"tight", 2, 10, 25, 0, 5000}; }

Result<Budget> Budget::parse(const Json& json) {
  if (json.is_string()) {
    for (const Budget& known : {relaxed(), standard(), tight()}) {
      if (json == known.name) return known;
    }
  }
  if (!json.is_object()) {
    return Error(ErrorCode::invalid_request,
                 fmt::format("{} is no budget: it must be an object, or relaxed, default or tight",
                             dump_json(json)));
  }
  Budget budget;
  for (const auto& [name, value] : json.items()) {
    std::optional<double> Budget::*member = nullptr;
    for (const Field& field : kFields) {
      if (name == field.name) member = field.member;
    }
    if (member == nullptr || !value.is_number()) {
      return Error(ErrorCode::invalid_request,
                   fmt::format("{} is not a bound, or not a number", name));
    }
    budget.*member = value.get<double>();
  }
  return budget;
}

Result<Budget> Budget::read(const std::filesystem::path& folder, std::string_view scenario,
                            bool quick) {
  const std::filesystem::path file = folder / fmt::format("{}.json", scenario);
  MKT_TRY(const std::string text, read_file(file, kMaxFileBytes));
  MKT_TRY(const Json json, parse_json(text, file.string()));
  const auto part = json.is_object() ? json.find(quick ? "quick" : "full") : json.end();
  if (!json.is_object() || part == json.end()) {
    return Error(ErrorCode::invalid_request, file.string() + " must hold quick and full");
  }
  Result<Budget> budget = parse(*part);
  if (!budget) return budget.error().context(file.string());
  return budget;
}

std::vector<std::string> Budget::broken_by(const Measurement& measured) const {
  std::vector<std::string> broken;
  const auto at_most_ms = [&](const char* which, double percent, std::optional<double> most) {
    const double is = in_ms(measured.answered().percentile(percent));
    if (most && is > *most)
      broken.push_back(fmt::format("{} is {:.2f} ms, at most {} ms", which, is, *most));
  };
  at_most_ms("p50", 50, p50_ms);
  at_most_ms("p95", 95, p95_ms);
  at_most_ms("p99", 99, p99_ms);
  if (error_share && measured.error_share() > *error_share) {
    broken.push_back(fmt::format("{} of {} requests failed, at most {:.0f} %",
                                 measured.count(Outcome::failed), measured.total(),
                                 *error_share * 100));
  }
  if (least_per_second && measured.per_second() < *least_per_second) {
    broken.push_back(fmt::format("{:.0f} requests/s, at least {:.0f}", measured.per_second(),
                                 *least_per_second));
  }
  return broken;
}

}  // namespace mkt::load
