#include "daemon/mirror/firestore.h"

#include <fmt/format.h>

#include <cstdlib>

#include "daemon/mirror/google_call.h"

namespace mkt {
namespace {

constexpr std::chrono::milliseconds kTimeout{60'000};

}  // namespace

std::unique_ptr<Firestore> open_firestore(FirestoreOptions options) {
  if (const char* host = std::getenv("FIRESTORE_EMULATOR_HOST"); host && *host) {
    options.url = fmt::format("http://{}", host);
    return std::make_unique<Firestore>(std::move(options), GoogleCredentials::for_emulator());
  }
  return std::make_unique<Firestore>(std::move(options), GoogleCredentials::from_environment());
}

Firestore::Firestore(FirestoreOptions options, std::unique_ptr<GoogleCredentials> credentials)
    : options_(std::move(options)),
      credentials_(std::move(credentials)),
      client_(kTimeout, "Firestore") {}

std::string Firestore::root() const {
  return fmt::format("projects/{}/databases/{}/documents", options_.project, options_.database);
}

Result<Json> Firestore::call(const std::string& method, const std::string& what, const Json* body) {
  MKT_TRY(const std::string token, credentials_->token());
  HttpRequest request;
  request.method = method;
  request.url = fmt::format("{}/v1/{}", options_.url, encode_url_path(root())) + what;
  request.headers = {"Authorization: Bearer " + token};
  if (body != nullptr) request.body = dump_json(*body);
  MKT_TRY(const HttpResponse response, client_.send(request));
  if (response.status == 401) credentials_->forget();
  if (response.status / 100 != 2) return google_error("Firestore", response);
  return parse_json(response.body, "Firestore's answer");
}

Result<std::string> Firestore::commit(const std::vector<FirestoreWrite>& writes) {
  Json list = Json::array();
  for (const FirestoreWrite& w : writes) {
    const std::string name = root() + "/" + w.path;
    Json write;
    if (w.fields) {
      write["update"] = {{"name", name}, {"fields", *w.fields}};
    } else {
      write["delete"] = name;
    }
    if (w.expected) {
      write["currentDocument"] =
          w.expected->empty() ? Json{{"exists", false}} : Json{{"updateTime", *w.expected}};
    }
    list.push_back(std::move(write));
  }
  const Json body{{"writes", std::move(list)}};
  MKT_TRY(const Json answer, call("POST", ":commit", &body));
  const auto results = answer.find("writeResults");
  if (results == answer.end() || !results->is_array() || results->empty()) {
    return not_of_the_protocol("Firestore");
  }
  return text_member((*results)[0], "updateTime").value_or("");
}

Result<std::optional<FirestoreDocument>> Firestore::get(const std::string& path) {
  const Json body{{"documents", {root() + "/" + path}}};
  MKT_TRY(const Json answer, call("POST", ":batchGet", &body));
  if (!answer.is_array() || answer.size() != 1) return not_of_the_protocol("Firestore");
  const auto found = answer[0].find("found");
  if (found == answer[0].end()) return std::optional<FirestoreDocument>();
  const auto fields = found->find("fields");
  return std::optional(FirestoreDocument{path,
                                         fields == found->end() ? Json::object() : Json(*fields),
                                         text_member(*found, "updateTime").value_or("")});
}

Result<FirestoreDocument> Firestore::document_of(const Json& json) const {
  const std::string name = text_member(json, "name").value_or("");
  if (!name.starts_with(root() + "/")) return not_of_the_protocol("Firestore");
  const auto fields = json.find("fields");
  return FirestoreDocument{name.substr(root().size() + 1),
                           fields == json.end() ? Json::object() : Json(*fields),
                           text_member(json, "updateTime").value_or("")};
}

Result<std::map<std::string, FirestoreDocument>> Firestore::get_field(
    const std::vector<std::string>& paths, const std::string& field) {
  Json names = Json::array();
  for (const std::string& path : paths) names.push_back(root() + "/" + path);
  const Json body{{"documents", std::move(names)}, {"mask", {{"fieldPaths", {field}}}}};
  MKT_TRY(const Json answer, call("POST", ":batchGet", &body));
  if (!answer.is_array()) return not_of_the_protocol("Firestore");
  std::map<std::string, FirestoreDocument> all;
  for (const Json& element : answer) {
    const auto found = element.find("found");
    if (found == element.end()) continue;
    MKT_TRY(FirestoreDocument document, document_of(*found));
    std::string path = document.path;
    all.emplace(std::move(path), std::move(document));
  }
  return all;
}

Result<std::vector<FirestoreDocument>> Firestore::query(const std::string& collection_id,
                                                        const std::string& after, int most) {
  Json query{{"from", {{{"collectionId", collection_id}, {"allDescendants", true}}}},
             {"orderBy", {{{"field", {{"fieldPath", "__name__"}}}, {"direction", "ASCENDING"}}}},
             {"limit", most}};
  if (!after.empty()) {
    query["startAt"] = {{"values", {{{"referenceValue", root() + "/" + after}}}},
                        {"before", false}};
  }
  const Json body{{"structuredQuery", std::move(query)}};
  MKT_TRY(const Json answer, call("POST", ":runQuery", &body));
  if (!answer.is_array()) return not_of_the_protocol("Firestore");
  std::vector<FirestoreDocument> documents;
  for (const Json& element : answer) {
    const auto document = element.find("document");
    if (document == element.end()) continue;  // an element that only has the read time
    MKT_TRY(FirestoreDocument one, document_of(*document));
    documents.push_back(std::move(one));
  }
  return documents;
}

}  // namespace mkt
