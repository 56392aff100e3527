// Reading members; see fields.h.
#include "daemon/http/fields.h"

#include <fmt/format.h>

#include <charconv>

#include "common/base/text.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

Error wrong(const char* name, std::string what) {
  return Error(ErrorCode::invalid_request, fmt::format("{} {}", name, what), {{name, what}});
}

const Json* find(const Json& json, const char* name) {
  const auto it = json.find(name);
  return it == json.end() || it->is_null() ? nullptr : &*it;
}

}  // namespace

Result<std::string> required_text(const Json& json, const char* name, std::size_t limit) {
  if (find(json, name) == nullptr) return wrong(name, "is missing");
  MKT_TRY(std::string text, optional_text(json, name, limit));
  if (text.empty()) return wrong(name, "must not be empty");
  return text;
}

Result<std::string> optional_text(const Json& json, const char* name, std::size_t limit) {
  const Json* value = find(json, name);
  if (value == nullptr) return std::string();
  if (!value->is_string()) return wrong(name, "must be a string");
  std::string text = value->get<std::string>();
  if (count_code_points(text) > limit || has_control_characters(text)) {
    return wrong(name, fmt::format("must be a text of at most {} characters, without control "
                                   "characters",
                                   limit));
  }
  return text;
}

Result<std::optional<UtcTime>> optional_time(const Json& json, const char* name) {
  const Json* value = find(json, name);
  if (value == nullptr) return std::optional<UtcTime>();
  const auto time =
      value->is_string() ? parse_utc(value->get_ref<const std::string&>()) : std::nullopt;
  if (!time) return wrong(name, "must be an RFC 3339 time");
  return time;
}

Result<std::optional<std::int64_t>> optional_number(const Json& json, const char* name) {
  const Json* value = find(json, name);
  if (value == nullptr) return std::optional<std::int64_t>();
  const auto number = number_member(json, name);
  if (!number) return wrong(name, "must be a whole number");
  return number;
}

Result<bool> optional_flag(const Json& json, const char* name) {
  const Json* value = find(json, name);
  if (value == nullptr) return false;
  if (!value->is_boolean()) return wrong(name, "must be true or false");
  return value->get<bool>();
}

void Findings::add(const char* field, const Error& error) {
  errors_.push_back(error);
  if (error.details.empty()) errors_.back().details = {{field, error.message}};
}

Status Findings::status() const {
  if (errors_.empty()) return {};
  if (errors_.size() == 1) return errors_[0];
  std::vector<ErrorDetail> all;
  for (const Error& e : errors_) all.insert(all.end(), e.details.begin(), e.details.end());
  return Error(errors_[0].code,
               fmt::format("{} fields are wrong, first {}", all.size(), errors_[0].message),
               std::move(all));
}

Result<std::uint64_t> number_parameter(const RequestHead& head, std::string_view name,
                                       std::uint64_t otherwise, std::uint64_t least,
                                       std::uint64_t most) {
  const auto text = head.parameter(name);
  if (!text || text->empty()) return otherwise;
  const auto value = parse_whole<std::uint64_t>(*text);
  if (!value || *value < least || *value > most) {
    return Error(ErrorCode::invalid_request,
                 fmt::format("{} must be a number from {} to {}", name, least, most));
  }
  return *value;
}

}  // namespace mkt
