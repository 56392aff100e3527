// RequestReader: the visitor of members (members.h) that reads the body of a request.
//
// It collects everything that is wrong, so that a client learns all of it at once. A text whose
// shape has a `max_length` must not be longer and holds no control character; one that is there
// `always` must not be empty. What a text without such a bound may hold is judged by the handler,
// which parses it and also tells whether it is missing.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <vector>

#include "common/base/utf8.h"
#include "common/wire/reader.h"

namespace mkt::wire {

template <typename T>
const char* type_wanted(const T*) {
  return "must be an object";
}
inline const char* type_wanted(const std::string*) { return "must be a string"; }
inline const char* type_wanted(const std::vector<std::string>*) {
  return "must be a list of strings";
}
inline const char* type_wanted(const bool*) { return "must be true or false"; }
inline const char* type_wanted(const std::int64_t*) { return "must be a whole number"; }
inline const char* type_wanted(const UtcTime*) { return "must be an RFC 3339 time"; }

template <typename Message>
class RequestReader {
 public:
  RequestReader(const Json& json, Message& message, std::vector<ErrorDetail>& findings,
                std::string prefix = {})
      : json_(json), message_(message), findings_(findings), prefix_(std::move(prefix)) {}

  template <typename T, typename Owner>
  void always(const char* name, T Owner::*member, const Shape& shape = kAny) {
    const Json* value = find(name);
    if (value != nullptr) return take(name, *value, message_.*member, shape, true);
    if (shape.max_length > 0) add(name, "is missing");
  }
  template <typename T, typename Owner>
  void if_any(const char* name, T Owner::*member, const Shape& shape = kAny) {
    if (const Json* value = find(name)) take(name, *value, message_.*member, shape, false);
  }

 private:
  const Json* find(const char* name) const {
    if (!json_.is_object()) return nullptr;
    const auto it = json_.find(name);
    return it == json_.end() || it->is_null() ? nullptr : &*it;
  }

  template <typename T>
  void take(const char* name, const Json& json, std::optional<T>& value, const Shape& shape,
            bool required) {
    take(name, json, value.emplace(), shape, required);
  }
  template <typename T>
  void take(const char* name, const Json& json, T& value, const Shape& shape, bool required) {
    if constexpr (requires(RequestReader<T> & nested) { T::members(nested); }) {
      if (!json.is_object()) return add(name, type_wanted(&value));
      RequestReader<T> nested(json, value, findings_, prefix_ + name + ".");
      T::members(nested);
    } else {
      if (!from_value(json, value)) return add(name, type_wanted(&value));
      if constexpr (std::is_same_v<T, std::string>) hold(name, value, shape, required);
    }
  }

  void hold(const char* name, const std::string& text, const Shape& shape, bool required) {
    if (shape.max_length == 0) return;
    if (required && text.empty()) return add(name, "must not be empty");
    if (count_code_points(text) > shape.max_length || has_control_characters(text)) {
      add(name, fmt::format("must be a text of at most {} characters, without control characters",
                            shape.max_length));
    }
  }

  void add(const char* name, std::string what) {
    findings_.push_back({prefix_ + name, std::move(what)});
  }

  const Json& json_;
  Message& message_;
  std::vector<ErrorDetail>& findings_;
  std::string prefix_;  // of the paths
};

template <typename Message>
Message read_request(const Json& json, std::vector<ErrorDetail>& findings) {
  Message message;
  RequestReader<Message> reader(json, message, findings);
  Message::members(reader);
  return message;
}

}  // namespace mkt::wire
