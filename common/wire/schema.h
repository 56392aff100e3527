// Schemas: the JSON Schema (2020-12) of each message, made from the list of its members; the
// `components/schemas` of an OpenAPI 3.1 document.
//
// A message refers to others by name; a schema is added when it is first referred to. Not for
// several threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/utc_time.h"
#include "common/wire/members.h"

namespace mkt::wire {

class Schemas {
 public:
  // {"$ref": "#/components/schemas/NAME"}
  template <typename Message>
  Json of(const char* name);
  // A schema that no list of members gives.
  Json of(const char* name, const Json& schema);

  const Json& all() const { return all_; }

 private:
  static Json reference(const char* name);
  Json all_ = Json::object();
};

Json with_shape(Json schema, const Shape& shape);
// The same, or null.
Json nullable(Json schema);

inline Json schema_of(Schemas&, const std::string*) { return {{"type", "string"}}; }
inline Json schema_of(Schemas&, const std::int64_t*) { return {{"type", "integer"}}; }
inline Json schema_of(Schemas&, const std::uint64_t*) {
  return {{"type", "integer"}, {"minimum", 0}};
}
inline Json schema_of(Schemas&, const bool*) { return {{"type", "boolean"}}; }
inline Json schema_of(Schemas&, const UtcTime*) {
  return {{"type", "string"}, {"format", "date-time"}};
}
inline Json schema_of(Schemas&, const Json*) { return {{"type", "object"}}; }
template <typename Message>
requires requires(Schemas& schemas) { Message::schema(schemas); }
Json schema_of(Schemas& schemas, const Message*) { return Message::schema(schemas); }
template <typename T>
Json schema_of(Schemas& schemas, const std::optional<T>*) {
  return schema_of(schemas, static_cast<const T*>(nullptr));
}
template <typename T>
Json schema_of(Schemas& schemas, const std::vector<T>*) {
  return {{"type", "array"}, {"items", schema_of(schemas, static_cast<const T*>(nullptr))}};
}

// The visitor of members that makes an object's schema.
template <typename Message>
class SchemaMaker {
 public:
  explicit SchemaMaker(Schemas& schemas) : schemas_(schemas) {}

  template <typename T, typename Owner>
  void always(const char* name, T Owner::*, const Shape& shape = kAny) {
    required_.push_back(name);
    properties_[name] = schema_for<T>(shape);
  }
  template <typename T, typename Owner>
  void usually(const char* name, T Owner::*member, const Shape& shape = kAny) {
    always(name, member, shape);
  }
  template <typename T, typename Owner>
  void if_any(const char* name, T Owner::*, const Shape& shape = kAny) {
    properties_[name] = schema_for<T>(shape);
  }
  template <typename T, typename Owner>
  void or_null(const char* name, T Owner::*, const Shape& shape = kAny) {
    required_.push_back(name);
    properties_[name] = nullable(schema_for<T>(shape));
  }
  template <typename Function>
  void made(const char* name, Function function, const Shape& shape = kAny) {
    using T = decltype(function(std::declval<const Message&>()));
    properties_[name] = schema_for<T>(shape);
  }

  Json schema() {
    Json schema{{"type", "object"}, {"properties", std::move(properties_)}};
    if (!required_.empty()) schema["required"] = std::move(required_);
    return schema;
  }

 private:
  template <typename T>
  Json schema_for(const Shape& shape) {
    return with_shape(shape.schema != nullptr ? shape.schema(schemas_)
                                              : schema_of(schemas_, static_cast<const T*>(nullptr)),
                      shape);
  }

  Schemas& schemas_;
  Json properties_ = Json::object();
  Json required_ = Json::array();
};

template <typename Message>
Json Schemas::of(const char* name) {
  if (!all_.contains(name)) {
    all_[name] = Json::object();  // a message that refers to itself finds it
    SchemaMaker<Message> maker(*this);
    Message::members(maker);
    all_[name] = maker.schema();
  }
  return reference(name);
}

}  // namespace mkt::wire
