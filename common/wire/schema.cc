#include "common/wire/schema.h"

#include <fmt/format.h>

namespace mkt::wire {

Json Schemas::reference(const char* name) {
  return {{"$ref", fmt::format("#/components/schemas/{}", name)}};
}

Json Schemas::of(const char* name, const Json& schema) {
  if (!all_.contains(name)) all_[name] = schema;
  return reference(name);
}

Json with_shape(Json schema, const Shape& shape) {
  // Of a list it is each element's.
  Json& element = schema.contains("items") ? schema["items"] : schema;
  if (!shape.format.empty()) element["format"] = shape.format;
  if (!shape.pattern.empty()) element["pattern"] = shape.pattern;
  if (shape.max_length > 0) element["maxLength"] = shape.max_length;
  if (!shape.words.empty()) {
    Json& words = element["enum"] = Json::array();
    for (const std::string_view word : shape.words) words.push_back(word);
  }
  if (!shape.about.empty()) schema["description"] = shape.about;
  return schema;
}

Json nullable(Json schema) {
  if (!schema.contains("type")) {
    return {{"anyOf", Json::array({std::move(schema), Json{{"type", "null"}}})}};
  }
  const Json type = schema["type"];
  schema["type"] = Json::array({type, "null"});
  if (schema.contains("enum")) schema["enum"].push_back(nullptr);
  return schema;
}

}  // namespace mkt::wire
