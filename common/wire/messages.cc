// JSON of the messages; see messages.h.
#include "common/wire/messages.h"

#include <fmt/format.h>

#include "common/base/utf8.h"
#include "common/wire/reader.h"

namespace mkt::wire {
Json VersionInfo::to_json() const {
  Json json{{"id", id}, {"version", version}};
  if (manifest) json["manifest"] = *manifest;
  json["tarballUrl"] = tarball_url;
  json["tarballChecksum"] = tarball_checksum;
  json["tarballSize"] = tarball_size;
  json["signatureUrl"] = signature_url;
  json["signingKeyId"] = signing_key_id;
  if (!key_id.empty()) json["keyId"] = key_id;
  if (!key_fingerprint.empty()) json["keyFingerprint"] = key_fingerprint;
  json["publishedAt"] = published_at;
  json["publishedBy"] = published_by;
  json["downloads"] = downloads;
  json["prerelease"] = prerelease;
  json["deprecated"] = deprecated;
  add_text(json, "deprecationReason", deprecation_reason);
  json["quarantined"] = quarantined;
  json["sequence"] = sequence;
  if (manifest) {
    // What web pages of the older protocol show beside the version.
    for (const char* notes : {"changelog", "releaseNotes"}) {
      add_text(json, notes, text_member(*manifest, notes).value_or(""));
    }
  }
  return json;
}

Result<VersionInfo> VersionInfo::parse(const Json& json) {
  Reader r(json);
  VersionInfo v;
  v.id = r.text("id");
  v.version = r.text("version");
  if (const Json* manifest = r.find("manifest")) v.manifest = *manifest;
  v.tarball_url = r.text_or_empty("tarballUrl");
  v.tarball_checksum = r.text("tarballChecksum");
  v.tarball_size = r.number<std::uint64_t>("tarballSize");
  v.signature_url = r.text_or_empty("signatureUrl");
  v.signing_key_id = r.text("signingKeyId");
  v.key_id = r.text_or_empty("keyId");
  v.key_fingerprint = r.text_or_empty("keyFingerprint");
  v.published_at = r.text("publishedAt");
  v.published_by = r.text_or_empty("publishedBy");
  v.downloads = r.number<std::int64_t>("downloads");
  v.prerelease = r.flag("prerelease");
  v.deprecated = r.flag("deprecated");
  v.deprecation_reason = r.text_or_empty("deprecationReason");
  v.quarantined = r.flag("quarantined");
  v.sequence = r.number_or_zero("sequence");
  return r.result(std::move(v));
}

Json ConnectorInfo::to_json() const {
  Json numbers = Json::array();
  for (const VersionInfo& v : versions) numbers.push_back(v.version);
  Json json = to_earlier_json();
  json["versions"] = std::move(numbers);
  json["totalDownloads"] = downloads;
  json["license"] = license;
  add_text(json, "repositoryUrl", repository_url);
  add_text(json, "documentationUrl", documentation_url);
  json["versionDetails"] = list_of(versions);
  return json;
}

Json ConnectorInfo::to_earlier_json() const {
  return {{"id", id},
          {"latestVersion", latest_version},
          {"displayName", display_name},
          {"description", description},
          {"author", author},
          {"owner", owner},
          {"capabilities", capabilities},
          {"downloads", downloads},
          {"createdAt", created_at},
          {"updatedAt", updated_at},
          {"versions", list_of(versions)}};
}

Result<ConnectorInfo> ConnectorInfo::parse(const Json& json) {
  Reader r(json);
  ConnectorInfo c;
  c.id = r.text("id");
  c.latest_version = r.text("latestVersion");
  c.display_name = r.text("displayName");
  c.description = r.text_or_empty("description");
  c.author = r.text_or_empty("author");
  c.owner = r.text_or_empty("owner");
  c.capabilities = r.texts("capabilities");
  c.downloads = r.number<std::int64_t>("downloads");
  c.created_at = r.text_or_empty("createdAt");
  c.updated_at = r.text_or_empty("updatedAt");
  // A registry before 0.2 has them in `versions`.
  const bool detailed = r.find("versionDetails") != nullptr;
  c.versions = r.messages<VersionInfo>(detailed ? "versionDetails" : "versions", true);
  c.license = r.text_or_empty("license");
  c.repository_url = r.text_or_empty("repositoryUrl");
  c.documentation_url = r.text_or_empty("documentationUrl");
  return r.result(std::move(c));
}

Json SearchHit::to_json() const {
  return {{"id", id},
          {"latestVersion", latest_version},
          {"displayName", display_name},
          {"description", description},
          {"author", author},
          {"capabilities", capabilities},
          {"downloads", downloads},
          {"updatedAt", updated_at}};
}

Result<SearchHit> SearchHit::parse(const Json& json) {
  Reader r(json);
  SearchHit h;
  h.id = r.text("id");
  h.latest_version = r.text("latestVersion");
  h.display_name = r.text("displayName");
  h.description = r.text_or_empty("description");
  h.author = r.text_or_empty("author");
  h.capabilities = r.texts("capabilities");
  h.downloads = r.number<std::int64_t>("downloads");
  h.updated_at = r.text_or_empty("updatedAt");
  return r.result(std::move(h));
}

Json SearchResult::to_json() const {
  return {{"connectors", list_of(connectors)},
          {"total", total},
          {"page", page},
          {"pageSize", page_size},
          {"hasMore", has_more}};
}

Result<SearchResult> SearchResult::parse(const Json& json) {
  Reader r(json);
  SearchResult s;
  s.connectors = r.messages<SearchHit>("connectors", true);
  s.total = r.number<std::uint64_t>("total");
  s.page = r.number<std::uint64_t>("page");
  s.page_size = r.number<std::uint64_t>("pageSize");
  s.has_more = r.flag("hasMore");
  return r.result(std::move(s));
}

Json KeyInfo::to_json() const {
  Json json{{"keyId", key_id},
            {"publisherId", publisher_id},
            {"publicKey", public_key},
            {"fingerprint", fingerprint},
            {"status", status},
            {"createdAt", created_at},
            {"addedSequence", added_sequence}};
  if (!aliases.empty()) json["aliases"] = aliases;
  add_text(json, "expiresAt", expires_at.value_or(""));
  add_text(json, "revokedAt", revoked_at.value_or(""));
  add_text(json, "reasonCode", reason_code);
  add_text(json, "reason", reason);
  add_text(json, "revokedBy", revoked_by);
  if (compromised_sequence) json["compromisedSequence"] = *compromised_sequence;
  add_text(json, "endorsedBy", endorsed_by);
  add_text(json, "endorsement", endorsement);
  return json;
}

Result<KeyInfo> KeyInfo::parse(const Json& json) {
  Reader r(json);
  KeyInfo k;
  k.key_id = r.text("keyId");
  k.publisher_id = r.text("publisherId");
  k.public_key = r.text("publicKey");
  k.fingerprint = r.text("fingerprint");
  k.status = r.text("status");
  k.created_at = r.text("createdAt");
  k.expires_at = r.optional_text("expiresAt");
  k.revoked_at = r.optional_text("revokedAt");
  k.reason_code = r.text_or_empty("reasonCode");
  k.reason = r.text_or_empty("reason");
  k.revoked_by = r.text_or_empty("revokedBy");
  k.compromised_sequence = r.optional_number("compromisedSequence");
  k.endorsed_by = r.text_or_empty("endorsedBy");
  k.endorsement = r.text_or_empty("endorsement");
  k.added_sequence = r.number_or_zero("addedSequence");
  k.aliases = r.texts("aliases");
  return r.result(std::move(k));
}

Json KeyListing::to_json() const {
  Json json{{"sequence", sequence}, {"keys", list_of(keys)}};
  if (since > 0) json["since"] = since;
  return json;
}

Result<KeyListing> KeyListing::parse(const Json& json) {
  Reader r(json);
  KeyListing l;
  l.sequence = r.number<std::int64_t>("sequence");
  l.since = r.number_or_zero("since");
  l.keys = r.messages<KeyInfo>("keys", true);
  return r.result(std::move(l));
}

Json PublisherInfo::to_json() const {
  return {{"id", id},
          {"displayName", display_name},
          {"email", email},
          {"status", status},
          {"statusReason", status_reason.empty() ? Json(nullptr) : Json(status_reason)},
          {"verified", verified},
          {"createdAt", created_at},
          {"keys", list_of(keys)}};
}

Result<PublisherInfo> PublisherInfo::parse(const Json& json) {
  Reader r(json);
  PublisherInfo p;
  p.id = r.text("id");
  p.display_name = r.text("displayName");
  p.email = r.text_or_empty("email");
  p.status = r.text("status");
  p.status_reason = r.text_or_empty("statusReason");
  p.verified = r.flag("verified");
  p.created_at = r.text_or_empty("createdAt");
  p.keys = r.messages<KeyInfo>("keys", false);
  return r.result(std::move(p));
}

Json TokenInfo::to_json() const {
  Json json{{"id", id},
            {"name", name},
            {"role", role},
            {"subject", subject.empty() ? Json(nullptr) : Json(subject)},
            {"createdAt", created_at},
            {"expiresAt", or_null(expires_at)},
            {"lastUsedAt", or_null(last_used_at)}};
  if (token) json["token"] = *token;
  return json;
}

Result<TokenInfo> TokenInfo::parse(const Json& json) {
  Reader r(json);
  TokenInfo t;
  t.id = r.text("id");
  t.name = r.text_or_empty("name");
  t.role = r.text("role");
  t.subject = r.text_or_empty("subject");
  t.created_at = r.text_or_empty("createdAt");
  t.expires_at = r.optional_text("expiresAt");
  t.last_used_at = r.optional_text("lastUsedAt");
  t.token = r.optional_text("token");
  return r.result(std::move(t));
}

// A registry that does not count lists them all.
static Result<RevocationInfo::Counts> parse_counts(const RevocationInfo& info, const Json* json) {
  if (json == nullptr) {
    return RevocationInfo::Counts{info.quarantined.size(), info.requests.size(),
                                  info.installations.size()};
  }
  Reader r(*json);
  return r.result(RevocationInfo::Counts{r.number<std::uint64_t>("quarantined"),
                                         r.number<std::uint64_t>("requests"),
                                         r.number<std::uint64_t>("installations")});
}

Json RevocationInfo::to_json() const {
  return {{"key", key.to_json()},
          {"changed", changed},
          {"counts",
           {{"quarantined", counts.quarantined},
            {"requests", counts.requests},
            {"installations", counts.installations}}},
          {"quarantined", list_of(quarantined)},
          {"requests", list_of(requests)},
          {"installations", list_of(installations)}};
}

Result<RevocationInfo> RevocationInfo::parse(const Json& json) {
  Reader r(json);
  RevocationInfo info;
  info.changed = r.flag("changed");
  info.quarantined = r.messages<VersionInfo>("quarantined", true);
  info.requests = r.messages<InstallRequestInfo>("requests", false);
  info.installations = r.messages<InstallationInfo>("installations", false);
  MKT_TRY(info, r.result(std::move(info)));
  MKT_TRY(info.counts, parse_counts(info, r.find("counts")));
  const auto key = json.find("key");
  MKT_TRY(info.key, KeyInfo::parse(key == json.end() ? Json() : *key));
  return info;
}

Json OwnerInfo::to_json() const { return {{"publisherId", publisher_id}, {"addedAt", added_at}}; }

Result<OwnerInfo> OwnerInfo::parse(const Json& json) {
  Reader r(json);
  OwnerInfo o;
  o.publisher_id = r.text("publisherId");
  o.added_at = r.text_or_empty("addedAt");
  return r.result(std::move(o));
}

Json LogInfo::to_json() const {
  return {{"sequence", sequence},    {"at", at},         {"actor", actor},     {"address", address},
          {"requestId", request_id}, {"action", action}, {"subject", subject}, {"detail", detail},
          {"document", document}};
}

Result<LogInfo> LogInfo::parse(const Json& json) {
  Reader r(json);
  LogInfo l;
  l.sequence = r.number<std::int64_t>("sequence");
  l.at = r.text("at");
  l.actor = r.text("actor");
  l.address = r.text_or_empty("address");
  l.request_id = r.text_or_empty("requestId");
  l.action = r.text("action");
  l.subject = r.text("subject");
  l.detail = r.text_or_empty("detail");
  if (const auto document = json.find("document"); document != json.end()) l.document = *document;
  return r.result(std::move(l));
}

Error parse_error(int http_status, std::string_view body) {
  const auto json = parse_json(body, "the answer");
  const auto message = json ? text_member(*json, "message") : std::nullopt;
  if (!message) {
    return Error(error_code_for_http_status(http_status),
                 fmt::format("the registry answered with HTTP status {}", http_status));
  }
  const auto code = parse_error_code(text_member(*json, "code").value_or(""));
  Error error(code.value_or(error_code_for_http_status(http_status)), *message);
  if (const auto it = json->find("details"); it != json->end() && it->is_array()) {
    for (const Json& d : *it) {
      error.details.push_back(
          {text_member(d, "path").value_or(""), text_member(d, "message").value_or("")});
    }
  }
  return error;
}

}  // namespace mkt::wire
