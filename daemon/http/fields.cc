#include "daemon/http/fields.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/text.h"

namespace mkt {

void Findings::add(const std::string& field, const Error& error) {
  const auto is_of_field = [&](const Error& known) { return known.details[0].path == field; };
  if (std::any_of(read_.begin(), read_.end(), is_of_field)) return;
  errors_.push_back(error);
  if (error.details.empty()) errors_.back().details = {{field, error.message}};
}

void Findings::read(const std::vector<ErrorDetail>& findings) {
  for (const ErrorDetail& f : findings) {
    read_.emplace_back(ErrorCode::invalid_request, f.path + " " + f.message,
                       std::vector<ErrorDetail>{f});
  }
}

Status Findings::status() const {
  std::vector<Error> errors = errors_;
  errors.insert(errors.end(), read_.begin(), read_.end());
  if (errors.empty()) return {};
  if (errors.size() == 1) return errors[0];
  std::vector<ErrorDetail> all;
  for (const Error& e : errors) all.insert(all.end(), e.details.begin(), e.details.end());
  std::string message = fmt::format("{} fields are wrong, first {}", all.size(), errors[0].message);
  return Error(errors[0].code, std::move(message), std::move(all));
}

Result<ConnectorId> connector_in_path(const Request& request) {
  return ConnectorId::parse(request.path_parameter("id"));
}

Result<NamedVersion> version_in_path(const Request& request) {
  MKT_TRY(ConnectorId id, connector_in_path(request));
  MKT_TRY(Version version, Version::parse(request.path_parameter("version")));
  return NamedVersion{std::move(id), std::move(version)};
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
