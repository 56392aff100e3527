#include "daemon/http/openapi.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/text.h"
#include "common/wire/messages.h"
#include "mkt_version.h"

namespace mkt {
namespace {

constexpr const char* kLicense = "Apache-2.0";

Json parameter(std::string_view name, const char* where, std::string_view about,
               std::string_view type) {
  Json json{{"name", name}, {"in", where}, {"required", std::string_view(where) == "path"}};
  if (!about.empty()) json["description"] = about;
  json["schema"] = {{"type", type}};
  return json;
}

// What stands in a path for each name of the routes.
std::string_view about_path_parameter(std::string_view name) {
  if (name == "id") return "An id, as the answers of this resource have it.";
  if (name == "version") return "A version, or `latest` where something is read.";
  if (name == "keyId") return "A key's id or alias.";
  if (name == "tenant") return "A tenant's id.";
  if (name == "connector") return "A connector's id.";
  if (name == "publisher") return "A publisher's id.";
  if (name == "scope") return "A limit's name, such as `marketplace:publish`.";
  if (name == "serverName") return "A server's name, such as `com.acme/slack`, percent-encoded.";
  if (name == "subject") return "Who is counted, such as `publisher:acme`.";
  return "";
}

Json path_parameters(std::string_view pattern) {
  Json all = Json::array();
  for (std::size_t at = pattern.find('{'); at != std::string_view::npos;
       at = pattern.find('{', at + 1)) {
    const std::string_view name = pattern.substr(at + 1, pattern.find('}', at) - at - 1);
    all.push_back(parameter(name, "path", about_path_parameter(name), "string"));
  }
  return all;
}

Json content_of(const Operation::Answer& body, wire::Schemas& schemas) {
  Json schema = body.schema != nullptr ? body.schema(schemas) : Json{{"type", "string"}};
  const bool binary = body.schema == nullptr && !body.content_type.starts_with("text/");
  if (binary) schema = Json::object();  // OpenAPI 3.1: bytes have no schema
  return {{std::string(body.content_type), {{"schema", std::move(schema)}}}};
}

std::string_view about_status(int status) {
  switch (status) {
    case 200:
      return "Done";
    case 201:
      return "Made";
    case 202:
      return "Accepted; it is not done yet";
    case 204:
      return "Done; there is nothing to say";
    case 206:
      return "The part of the bytes that was asked for";
    case 304:
      return "The caller has this answer already";
    default:
      return "Not ready";
  }
}

Json answers_of(const Operation& operation, wire::Schemas& schemas) {
  Json answers = Json::object();
  for (const Operation::Answer& a : operation.answers_given()) {
    Json& answer = answers[std::to_string(a.status)] = {{"description", about_status(a.status)}};
    if (!a.content_type.empty()) answer["content"] = content_of(a, schemas);
  }
  for (const char* failed : {"4XX", "5XX"}) {
    answers[failed] = {{"$ref", "#/components/responses/Failure"}};
  }
  return answers;
}

Json operation_of(const RouteOperation& route, wire::Schemas& schemas) {
  const Operation& operation = route.operation;
  Json json{{"operationId", operation.id()},
            {"summary", operation.summary()},
            {"tags", Json::array({route.section.name})}};
  Json parameters = path_parameters(route.pattern);
  for (const auto& p : operation.query_parameters()) {
    parameters.push_back(parameter(p.name, "query", p.about, p.type));
  }
  for (const auto& p : operation.header_parameters()) {
    parameters.push_back(parameter(p.name, "header", p.about, p.type));
  }
  if (!parameters.empty()) json["parameters"] = std::move(parameters);
  if (!operation.body().content_type.empty()) {
    json["requestBody"] = {{"required", !operation.body_optional()},
                           {"content", content_of(operation.body(), schemas)}};
  }
  json["responses"] = answers_of(operation, schemas);
  json["security"] = Json::array();
  if (operation.wants_token()) {
    json["security"] = {Json{{"bearer", Json::array()}}, Json{{"apiKey", Json::array()}}};
  }
  return json;
}

}  // namespace

Json openapi_document(std::span<const RouteOperation> operations) {
  wire::Schemas schemas;
  Json paths = Json::object();
  Json tags = Json::array();
  for (const RouteOperation& route : operations) {
    const Json tag{{"name", route.section.name}, {"description", route.section.about}};
    if (std::find(tags.begin(), tags.end(), tag) == tags.end()) tags.push_back(tag);
    paths[route.pattern][lower_case(route.method)] = operation_of(route, schemas);
  }
  const Json failure{
      {"description", "It failed; `code` says how, `message` what to do"},
      {"content", {{"application/json", {{"schema", wire::ErrorInfo::schema(schemas)}}}}}};
  return {
      {"openapi", "3.1.0"},
      {"info",
       {{"title", "mkt registry"},
        {"version", MKT_VERSION},
        {"description",
         "The protocol of a registry of signed connectors; mkt-protocol(7) describes it. Limited "
         "calls answer RateLimit and X-RateLimit headers, and 429 has a Retry-After. Changes take "
         "an Idempotency-Key."},
        {"license", {{"name", kLicense}, {"identifier", kLicense}}}}},
      {"servers", Json::array({Json{{"url", "/"}}})},
      {"tags", std::move(tags)},
      {"paths", std::move(paths)},
      {"components",
       {{"schemas", schemas.all()},
        {"responses", {{"Failure", failure}}},
        {"securitySchemes",
         {{"bearer", {{"type", "http"}, {"scheme", "bearer"}}},
          {"apiKey", {{"type", "apiKey"}, {"in", "header"}, {"name", "X-API-Key"}}}}}}}};
}

}  // namespace mkt
