#include "daemon/http/fields.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/text.h"

namespace mkt {
void Findings::add(const std::string& field, const Error& error) {
  const auto is_told = [&](const Error& known) {
    return std::any_of(known.details.begin(), known.details.end(),
                       [&](const ErrorDetail& d) { return d.path == field; });
  };
  if (std::any_of(errors_.begin(), errors_.end(), is_told)) return;
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
