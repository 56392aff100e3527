// Strict rules on top of nlohmann-json's callback parser.
#include "common/base/json.h"

#include <fmt/format.h>

#include <set>

#include "common/base/utf8.h"

namespace mkt {
namespace {

// Refuses, event by event, what the grammar allows and we do not.
class StrictRules {
 public:
  bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
    if (problem_) return false;
    switch (event) {
      case Json::parse_event_t::object_start:
        names_.emplace_back();
        [[fallthrough]];
      case Json::parse_event_t::array_start:
        if (static_cast<std::size_t>(depth) >= kMaxJsonDepth) {
          problem_ = fmt::format("it is nested deeper than {} levels", kMaxJsonDepth);
        }
        break;
      case Json::parse_event_t::object_end:
        names_.pop_back();
        break;
      case Json::parse_event_t::key: {
        auto& seen = names_.back();
        const auto& name = parsed.get_ref<const std::string&>();
        if (!seen.insert(name).second) {
          problem_ = fmt::format("the name \"{}\" appears twice in one object",
                                 printable(std::string_view(name).substr(0, 64)));
        } else if (seen.size() > kMaxJsonMembers) {
          problem_ = fmt::format("an object has more than {} members", kMaxJsonMembers);
        }
        break;
      }
      default:
        break;
    }
    return !problem_;  // false discards the rest, so memory stays flat after the first problem
  }

  const std::optional<std::string>& problem() const { return problem_; }

 private:
  std::vector<std::set<std::string>> names_;
  std::optional<std::string> problem_;
};

}  // namespace

Result<Json> parse_json(std::string_view text, std::string_view what) {
  // The library would take a NUL for the end of the text and not read what follows it.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return Error(ErrorCode::invalid_json,
                 fmt::format("{} is not valid JSON (at byte {})", what, nul + 1));
  }
  // The library's parser does not recurse for nesting, so the callback may check the depth. The
  // library reports errors by exceptions; they end here.
  StrictRules rules;
  try {
    Json json = Json::parse(text.begin(), text.end(), std::ref(rules));
    if (rules.problem()) {
      return Error(ErrorCode::invalid_json, fmt::format("{}: {}", what, *rules.problem()));
    }
    return json;
  } catch (const Json::parse_error& e) {
    return Error(ErrorCode::invalid_json,
                 fmt::format("{} is not valid JSON (at byte {})", what, e.byte));
  } catch (const Json::exception&) {
    return Error(ErrorCode::invalid_json,
                 fmt::format("{} has a number that is out of range", what));
  }
}

std::string dump_json(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string dump_json_pretty(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::optional<std::int64_t> number_member(const Json& object, const char* name) {
  if (!object.is_object()) return std::nullopt;
  const auto it = object.find(name);
  if (it == object.end() || !it->is_number_integer()) return std::nullopt;
  return it->get<std::int64_t>();
}

std::optional<std::string> text_member(const Json& object, const char* name) {
  if (!object.is_object()) return std::nullopt;
  const auto it = object.find(name);
  if (it == object.end() || !it->is_string()) return std::nullopt;
  return it->get<std::string>();
}

}  // namespace mkt
