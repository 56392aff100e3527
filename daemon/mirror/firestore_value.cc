#include "daemon/mirror/firestore_value.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>

#include "common/base/utc_time.h"

namespace mkt {
namespace {

bool names_a_moment(std::string_view member) { return member == "at" || member.ends_with("At"); }

// True for a number beyond Firestore's signed 64 bits.
bool is_too_large(const Json& value) {
  return value.is_number_unsigned() &&
         value.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()};
}

enum class Names { may_be_moments, mean_nothing };

Json to_fields(const Json& content, Names names);

Json to_value(std::string_view member, const Json& value, Names names) {
  if (value.is_boolean()) return {{"booleanValue", value}};
  if (value.is_number_integer() && !is_too_large(value)) {
    const auto number = value.get<std::int64_t>();
    if (names == Names::may_be_moments && names_a_moment(member)) {
      return to_firestore_moment(number);
    }
    return {{"integerValue", std::to_string(number)}};
  }
  if (value.is_number()) return {{"doubleValue", value.get<double>()}};
  if (value.is_string()) return {{"stringValue", value}};
  if (value.is_object()) return {{"mapValue", {{"fields", to_fields(value, names)}}}};
  if (value.is_array()) {
    Json values = Json::array();
    for (const Json& element : value) values.push_back(to_value("", element, names));
    return {{"arrayValue", {{"values", std::move(values)}}}};
  }
  return {{"nullValue", nullptr}};
}

Json to_fields(const Json& content, Names names) {
  Json fields = Json::object();
  for (const auto& [member, value] : content.items()) {
    fields[member] = to_value(member, value, names);
  }
  return fields;
}

Error unknown(std::string_view what) {
  return Error(ErrorCode::invalid_input,
               fmt::format("a document of the mirror holds what mktd never wrote: {}", what));
}

Result<Json> from_value(const Json& value);

Result<Json> from_array(const Json& array) {
  Json list = Json::array();
  const auto values = array.find("values");
  if (values == array.end()) return list;  // an empty array
  for (const Json& element : *values) {
    MKT_TRY(Json one, from_value(element));
    list.push_back(std::move(one));
  }
  return list;
}

Result<Json> from_value(const Json& value) {
  if (!value.is_object() || value.size() != 1) return unknown("a value without a type");
  const std::string& type = value.begin().key();
  const Json& held = value.begin().value();
  if (type == "stringValue" && held.is_string()) return Json(held);
  if (type == "booleanValue" && held.is_boolean()) return Json(held);
  if (type == "nullValue") return Json();
  if (type == "integerValue" && held.is_string()) {
    const auto& text = held.get_ref<const std::string&>();
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size()) return Json(number);
  }
  if (type == "doubleValue" && held.is_number()) return Json(held.get<double>());
  if (type == "timestampValue" && held.is_string()) {
    if (const auto time = parse_utc(held.get_ref<const std::string&>())) {
      return Json(to_unix_ms(*time));
    }
  }
  if (type == "arrayValue" && held.is_object()) return from_array(held);
  if (type == "mapValue" && held.is_object()) {
    const auto fields = held.find("fields");
    return fields == held.end() ? Result<Json>(Json::object()) : from_firestore_fields(*fields);
  }
  return unknown(type);
}

}  // namespace

Json to_firestore_fields(const Json& content) { return to_fields(content, Names::may_be_moments); }

Json to_firestore_value(const Json& value) { return to_value("", value, Names::mean_nothing); }

Json to_firestore_moment(std::int64_t unix_ms) {
  return {{"timestampValue", format_utc(from_unix_ms(unix_ms))}};
}

Result<Json> from_firestore_fields(const Json& fields) {
  Json content = Json::object();
  for (const auto& [member, value] : fields.items()) {
    MKT_TRY(content[member], from_value(value));
  }
  return content;
}

}  // namespace mkt
