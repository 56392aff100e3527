// Writer: the visitor of members (members.h) that makes a message's JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/utc_time.h"
#include "common/wire/members.h"

namespace mkt::wire {

inline Json to_value(const std::string& text) { return text; }
inline Json to_value(std::int64_t number) { return number; }
inline Json to_value(std::uint64_t number) { return number; }
inline Json to_value(bool flag) { return flag; }
inline Json to_value(UtcTime time) { return format_utc(time); }
inline Json to_value(const Json& any) { return any; }
template <typename Message>
requires requires(const Message& m) { m.to_json(); }
Json to_value(const Message& message) { return message.to_json(); }
template <typename T>
Json to_value(const std::optional<T>& value) {
  return value ? to_value(*value) : Json(nullptr);
}
template <typename T>
Json to_value(const std::vector<T>& values) {
  Json::array_t list;
  list.reserve(values.size());
  for (const T& value : values) list.push_back(to_value(value));
  return list;
}

inline bool is_none(const std::string& text) { return text.empty(); }
inline bool is_none(std::int64_t number) { return number == 0; }
inline bool is_none(const Json& any) { return any.is_null(); }
template <typename T>
bool is_none(const std::optional<T>& value) {
  return !value;
}
inline bool is_none(const std::optional<std::string>& text) { return !text || text->empty(); }
template <typename T>
bool is_none(const std::vector<T>& values) {
  return values.empty();
}

template <typename Message>
class Writer {
 public:
  explicit Writer(const Message& message) : message_(message) { members_.reserve(kExpected); }

  template <typename T, typename Owner>
  void always(const char* name, T Owner::*member, const Shape& = kAny) {
    add(name, to_value(message_.*member));
  }
  template <typename T, typename Owner>
  void usually(const char* name, T Owner::*member, const Shape& = kAny) {
    add(name, to_value(message_.*member));
  }
  template <typename T, typename Owner>
  void if_any(const char* name, T Owner::*member, const Shape& = kAny) {
    if (!is_none(message_.*member)) add(name, to_value(message_.*member));
  }
  template <typename T, typename Owner>
  void or_null(const char* name, T Owner::*member, const Shape& = kAny) {
    add(name, is_none(message_.*member) ? Json(nullptr) : to_value(message_.*member));
  }
  template <typename Function>
  void made(const char* name, Function function, const Shape& = kAny) {
    const auto value = function(message_);
    if (!is_none(value)) add(name, to_value(value));
  }

  Json json() { return Json(std::move(members_)); }

 private:
  static constexpr std::size_t kExpected = 20;

  // The names of a list differ; nlohmann's own ways copy every value twice, or look for each name
  // among those before it.
  void add(const char* name, Json value) { members_.push_back({name, std::move(value)}); }

  const Message& message_;
  Json::object_t members_;
};

template <typename Message>
Json write(const Message& message) {
  Writer<Message> writer(message);
  Message::members(writer);
  return writer.json();
}

}  // namespace mkt::wire
