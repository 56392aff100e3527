// Reader: members of a message, taken out and checked; what the messages' `parse` are written with.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/base/json.h"
#include "common/base/result.h"

namespace mkt::wire {

// Reads members and remembers the first that is missing or of the wrong type.
class Reader {
 public:
  explicit Reader(const Json& json) : json_(json) {
    if (!json.is_object()) wrong_ = "(root)";
  }

  std::string text(const char* name) {
    const Json* value = find(name);
    if (value != nullptr && value->is_string()) return value->get<std::string>();
    wrong(name);
    return {};
  }

  std::string text_or_empty(const char* name) {
    const Json* value = find(name);
    if (value == nullptr || value->is_null()) return {};
    return text(name);
  }

  std::optional<std::string> optional_text(const char* name) {
    const Json* value = find(name);
    if (value == nullptr || value->is_null()) return std::nullopt;
    return text(name);
  }

  template <typename Integer>
  Integer number(const char* name) {
    const Json* value = find(name);
    if (value != nullptr &&
        (std::is_signed_v<Integer> ? value->is_number_integer() : value->is_number_unsigned())) {
      return value->get<Integer>();
    }
    wrong(name);
    return 0;
  }

  std::optional<std::int64_t> optional_number(const char* name) {
    const Json* value = find(name);
    if (value == nullptr || value->is_null()) return std::nullopt;
    return number<std::int64_t>(name);
  }

  std::int64_t number_or_zero(const char* name) { return optional_number(name).value_or(0); }

  bool flag(const char* name) {
    const Json* value = find(name);
    if (value == nullptr || value->is_null()) return false;
    if (value->is_boolean()) return value->get<bool>();
    wrong(name);
    return false;
  }

  std::vector<std::string> texts(const char* name) {
    std::vector<std::string> all;
    const Json* value = find(name);
    if (value == nullptr) return all;
    if (!value->is_array()) wrong(name);
    for (const Json& element : *value) {
      if (element.is_string()) {
        all.push_back(element.get<std::string>());
      } else {
        wrong(name);
      }
    }
    return all;
  }

  template <typename Message>
  std::vector<Message> messages(const char* name, bool required) {
    std::vector<Message> all;
    const Json* value = find(name);
    if (value == nullptr || !value->is_array()) {
      if (required) wrong(name);
      return all;
    }
    for (const Json& element : *value) {
      if (auto message = Message::parse(element)) {
        all.push_back(std::move(*message));
      } else {
        wrong(name);
      }
    }
    return all;
  }

  const Json* find(const char* name) const {
    if (!json_.is_object()) return nullptr;
    const auto it = json_.find(name);
    return it == json_.end() ? nullptr : &*it;
  }

  template <typename Message>
  Result<Message> result(Message message) {
    if (wrong_.empty()) return message;
    return Error(ErrorCode::invalid_json,
                 fmt::format("the registry's answer is not of the protocol: {} is missing or wrong",
                             wrong_));
  }

 private:
  void wrong(const char* name) {
    if (wrong_.empty()) wrong_ = name;
  }
  const Json& json_;
  std::string wrong_;
};

inline Json or_null(const std::optional<std::string>& text) {
  return text ? Json(*text) : Json(nullptr);
}

// An absent member is left out: null fails the schemas of older clients.
inline void add_text(Json& json, const char* name, const std::string& text) {
  if (!text.empty()) json[name] = text;
}

// A document of members that are known to differ: nlohmann's own ways copy every value twice, or
// look for each name among those before it.
class ObjectBuilder {
 public:
  explicit ObjectBuilder(std::size_t members) { members_.reserve(members); }

  template <typename Value>
  ObjectBuilder& add(const char* name, Value&& value) {
    members_.push_back({name, Json(std::forward<Value>(value))});
    return *this;
  }
  Json build() { return Json(std::move(members_)); }

 private:
  Json::object_t members_;
};

template <typename Message>
Json list_of(const std::vector<Message>& messages) {
  Json list = Json::array();
  for (const Message& m : messages) list.push_back(m.to_json());
  return list;
}

}  // namespace mkt::wire
