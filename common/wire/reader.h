// Reader: the visitor of members (members.h) that reads an answer of a registry.
//
// It remembers the first member that is missing or of the wrong type; members that it does not know
// are ignored.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/base/utc_time.h"
#include "common/wire/members.h"

namespace mkt::wire {

// False where the JSON is of another type.
inline bool from_value(const Json& json, std::string& text) {
  if (!json.is_string()) return false;
  text = json.get_ref<const std::string&>();
  return true;
}

template <typename Integer>
requires(std::is_integral_v<Integer> &&
         !std::is_same_v<Integer, bool>) bool from_value(const Json& json, Integer& number) {
  if (std::is_signed_v<Integer> ? !json.is_number_integer() : !json.is_number_unsigned()) {
    return false;
  }
  number = json.get<Integer>();
  return true;
}

inline bool from_value(const Json& json, bool& flag) {
  if (!json.is_boolean()) return false;
  flag = json.get<bool>();
  return true;
}

inline bool from_value(const Json& json, UtcTime& time) {
  const auto parsed =
      json.is_string() ? parse_utc(json.get_ref<const std::string&>()) : std::optional<UtcTime>();
  if (parsed) time = *parsed;
  return parsed.has_value();
}

inline bool from_value(const Json& json, Json& any) {
  any = json;
  return true;
}

template <typename Message>
requires requires(const Json& json) { Message::parse(json); }
bool from_value(const Json& json, Message& message) {
  auto parsed = Message::parse(json);
  if (!parsed) return false;
  message = std::move(*parsed);
  return true;
}

template <typename T>
bool from_value(const Json& json, std::optional<T>& value) {
  value.reset();
  return json.is_null() || from_value(json, value.emplace());
}

template <typename T>
bool from_value(const Json& json, std::vector<T>& values) {
  if (!json.is_array()) return false;
  values.reserve(json.size());
  for (const Json& element : json) {
    if (!from_value(element, values.emplace_back())) return false;
  }
  return true;
}

template <typename Message>
class Reader {
 public:
  Reader(const Json& json, Message& message) : json_(json), message_(message) {
    if (!json.is_object()) wrong_ = "(root)";
  }

  template <typename T, typename Owner>
  void always(const char* name, T Owner::*member, const Shape& = kAny) {
    const Json* value = find(name);
    if (value == nullptr || !from_value(*value, message_.*member)) wrong(name);
  }
  template <typename T, typename Owner>
  void usually(const char* name, T Owner::*member, const Shape& = kAny) {
    const Json* value = find(name);
    if (value == nullptr || value->is_null()) return;
    if (!from_value(*value, message_.*member)) wrong(name);
  }
  template <typename T, typename Owner>
  void if_any(const char* name, T Owner::*member, const Shape& = kAny) {
    usually(name, member);
  }
  template <typename T, typename Owner>
  void or_null(const char* name, T Owner::*member, const Shape& = kAny) {
    usually(name, member);
  }
  template <typename Function>
  void made(const char*, Function, const Shape& = kAny) {}

  Status status() const {
    if (wrong_.empty()) return {};
    return Error(ErrorCode::invalid_json,
                 fmt::format("the registry's answer is not of the protocol: {} is missing or wrong",
                             wrong_));
  }

 private:
  const Json* find(const char* name) const {
    if (!json_.is_object()) return nullptr;
    const auto it = json_.find(name);
    return it == json_.end() ? nullptr : &*it;
  }
  void wrong(const char* name) {
    if (wrong_.empty()) wrong_ = name;
  }

  const Json& json_;
  Message& message_;
  std::string wrong_;
};

template <typename Message>
Result<Message> read(const Json& json) {
  Message message;
  Reader<Message> reader(json, message);
  Message::members(reader);
  MKT_CHECK(reader.status());
  return message;
}

}  // namespace mkt::wire
