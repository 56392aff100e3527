// The older registry's fields, kind by kind.
#include "daemon/mirror/older_documents.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "common/base/encoding.h"
#include "common/base/utc_time.h"
#include "common/connector/category.h"
#include "common/connector/checksum.h"
#include "daemon/mirror/firestore_value.h"
#include "daemon/mirror/google_call.h"

namespace mkt {
namespace {

constexpr const char* kExact = "mktd";
// Firestore's limit is 20, minus the document itself and the map that contains it.
constexpr int kMaxDepth = 15;
constexpr std::size_t kMaxNameBytes = 1500;
// Every leaf is an entry in one index or two, and a document may have 40,000 entries.
constexpr std::size_t kMaxLeaves = 5'000;
// A document may have 1 MiB, and contains such a text twice.
constexpr std::size_t kMaxTextBytes = 400 * 1024;
constexpr std::size_t kIdempotencyDigits = 32;

// Columns that come from other tables of the store, only for the connector's document.
constexpr auto kJoined = std::to_array<std::string_view>(
    {"verified", "license", "repositoryUrl", "documentationUrl", "keywords", "versions"});

bool fits(const Json& value, int depth, std::size_t& leaves, bool in_array) {
  if (depth > kMaxDepth || ++leaves > kMaxLeaves) return false;
  if (value.is_array()) {
    return !in_array && std::all_of(value.begin(), value.end(), [&](const Json& element) {
      return fits(element, depth + 1, leaves, true);
    });
  }
  if (!value.is_object()) return true;
  return std::all_of(value.items().begin(), value.items().end(), [&](const auto& member) {
    const std::string& name = member.key();
    const bool reserved = name.size() >= 4 && name.starts_with("__") && name.ends_with("__");
    return !name.empty() && !reserved && name.size() <= kMaxNameBytes &&
           fits(member.value(), depth + 1, leaves, false);
  });
}

std::string text_of(const Json& content, const char* name) {
  return text_member(content, name).value_or("");
}

std::int64_t number_of(const Json& content, const char* name) {
  return number_member(content, name).value_or(0);
}

// The JSON inside a text of the store; null where it is not JSON.
Json parsed(const Json& content, const char* name) {
  const std::string text = text_of(content, name);
  auto json = parse_json(text, name);
  return json ? std::move(*json) : Json();
}

// Collects the fields of one document.
class Fields {
 public:
  explicit Fields(const Json& content) : content_(content), fields_(to_firestore_fields(content)) {}

  void set(const char* name, const Json& value) { fields_[name] = to_firestore_value(value); }
  void set_moment(const char* name, std::int64_t ms) { fields_[name] = to_firestore_moment(ms); }
  // Sets the field, or removes it where the text is empty.
  void set_text(const char* name, const std::string& text) {
    if (text.empty()) {
      fields_.erase(name);
    } else {
      set(name, text);
    }
  }
  // Replaces a text by the JSON value that it contains.
  void unfold(const char* name) {
    const Json value = parsed(content_, name);
    const bool small = text_of(content_, name).size() <= kMaxTextBytes;
    if (!value.is_null() && small && fits_firestore(value)) set(name, value);
  }

  // Adds the map of what the document says in another way, and only that; returns the fields.
  Json finish(bool is_connector) {
    Json exact = Json::object();
    for (const auto& [name, value] : content_.items()) {
      if (is_connector && std::find(kJoined.begin(), kJoined.end(), name) != kJoined.end())
        continue;
      if (value.is_null()) continue;
      const auto field = fields_.find(name);
      if (field == fields_.end() || *field != to_firestore_fields({{name, value}})[name]) {
        exact[name] = value;
      }
    }
    for (auto field = fields_.begin(); field != fields_.end();) {
      field = field->contains("nullValue") ? fields_.erase(field) : std::next(field);
    }
    if (!exact.empty()) fields_[kExact] = {{"mapValue", {{"fields", to_firestore_fields(exact)}}}};
    return std::move(fields_);
  }
  void set_null(const char* name) { nulls_.push_back(name); }
  Json with_nulls(Json fields) const {
    for (const char* name : nulls_) fields[name] = {{"nullValue", nullptr}};
    return fields;
  }

 private:
  const Json& content_;
  Json fields_;
  std::vector<const char*> nulls_;
};

Json words_of(const Json& content, const char* name) {
  Json words = parsed(content, name);
  return words.is_array() ? words : Json::array();
}

Json categories_of(const Json& capabilities) {
  Json categories = Json::array();
  const auto add = [&](std::string_view category) {
    const bool known = std::any_of(categories.begin(), categories.end(),
                                   [&](const Json& c) { return c == category; });
    if (!known) categories.push_back(category);
  };
  for (const Json& capability : capabilities) {
    add(category_of(capability.get_ref<const std::string&>()));
  }
  if (categories.empty()) add("other");
  return categories;
}

void shape_connector(Fields& fields, const Json& content) {
  const Json capabilities = words_of(content, "capabilities");
  Json tags = capabilities;
  for (const Json& keyword : words_of(content, "keywords")) {
    if (std::find(tags.begin(), tags.end(), keyword) == tags.end()) tags.push_back(keyword);
  }
  fields.unfold("visibleTo");
  fields.set("capabilities", capabilities);
  fields.set("categories", categories_of(capabilities));
  fields.set("tags", tags);
  fields.set("versions", words_of(content, "versions"));
  fields.set("license", text_of(content, "license"));
  fields.set_text("repositoryUrl", text_of(content, "repositoryUrl"));
  fields.set_text("documentationUrl", text_of(content, "documentationUrl"));
  fields.set("totalDownloads", number_of(content, "downloads"));
  fields.set("featured", false);
  fields.set("verified", content.value("verified", false));
  fields.set_moment("updated", number_of(content, "updatedAt"));
  fields.set_text("keywords", "");
}

void shape_version(Fields& fields, const Json& content) {
  const std::string base = fmt::format("/v1/connectors/{}/{}", text_of(content, "connectorId"),
                                       encode_url_path(text_of(content, "version")));
  fields.set("tarballUrl", base + "/tarball");
  fields.set("signatureUrl", base + "/signature");
  fields.set("tarballChecksum", text_of(content, "checksum"));
  fields.set("tarballSize", number_of(content, "size"));
  fields.set_text("deprecationReason", text_of(content, "deprecationReason"));
  const Json manifest = parsed(content, "manifest");
  const auto of_manifest = [&](const char* member) {
    return manifest.is_object() ? text_of(manifest, member) : std::string();
  };
  fields.set_text("changelog", of_manifest("changelog"));
  fields.set_text("releaseNotes", of_manifest("releaseNotes"));
  fields.set_text("minGwiVersion", of_manifest("minCoreVersion"));
  for (const char* name : {"manifest", "signature", "capabilities", "policyClasses", "visibleTo"}) {
    fields.unfold(name);
  }
}

// Times in a publisher's keys are text.
Json older_key(const Json& key) {
  Json older{{"keyId", text_of(key, "keyId")},
             {"publicKey", text_of(key, "publicKey")},
             {"fingerprint", text_of(key, "fingerprint")},
             {"status", text_of(key, "status") == "retired" ? "expired" : text_of(key, "status")},
             {"createdAt", format_utc(from_unix_ms(number_of(key, "createdAt")))}};
  for (const char* name : {"expiresAt", "revokedAt"}) {
    if (const auto ms = number_member(key, name)) older[name] = format_utc(from_unix_ms(*ms));
  }
  if (key.contains("revokedAt") && !key["revokedAt"].is_null()) {
    older["revocationReason"] = text_of(key, "reason");
  }
  return older;
}

void shape_publisher(Fields& fields, const Json& content) {
  std::int64_t updated = number_of(content, "createdAt");
  for (const char* list : {"publicKeys", "revokedKeys"}) {
    Json keys = Json::array();
    const auto rows = content.find(list);
    for (const Json& key : rows == content.end() ? Json::array() : Json(*rows)) {
      keys.push_back(older_key(key));
      updated = std::max({updated, number_of(key, "createdAt"), number_of(key, "revokedAt")});
    }
    fields.set(list, keys);
  }
  if (text_of(content, "status") != "active") {
    fields.set_text("suspensionReason", text_of(content, "statusReason"));
  }
  fields.set_null("verifiedAt");
  fields.set_moment("updatedAt", updated);
}

void shape_request(Fields& fields, const Json& content) {
  Json approvers = Json::array();
  std::int64_t updated =
      std::max(number_of(content, "requestedAt"), number_of(content, "decidedAt"));
  const auto approvals = content.find("approvals");
  for (const Json& approval : approvals == content.end() ? Json::array() : Json(*approvals)) {
    approvers.push_back(text_of(approval, "approver"));
    updated = std::max(updated, number_of(approval, "approvedAt"));
  }
  const std::string status = text_of(content, "status");
  fields.set("policyId", text_of(content, "tenantId"));
  fields.set("requiredApprovals", std::max<std::int64_t>(1, number_of(content, "minApprovals")));
  fields.set("currentApprovalCount", approvers.size());
  fields.set("approvalIds", approvers);
  // So that the older programs allow a new request, too.
  fields.set("status", status == "cancelled" ? "expired" : status);
  if (status == "denied") fields.set_text("denialReason", text_of(content, "reason"));
  const std::string wish =
      fmt::format("{}:{}:{}", text_of(content, "tenantId"), text_of(content, "connectorId"),
                  text_of(content, "version"));
  fields.set("idempotencyKey", Checksum::of(as_bytes(wish)).hex().substr(0, kIdempotencyDigits));
  fields.set_moment("createdAt", number_of(content, "requestedAt"));
  fields.set_moment("updatedAt", updated);
  fields.unfold("config");
}

void shape_installation(Fields& fields, const Json& content) {
  fields.set("id", text_of(content, "connectorId"));
  fields.set("status", "installed");
  fields.set_text("approvalId", text_of(content, "requestId"));
  fields.set_null("lastUsedAt");
  fields.unfold("config");
}

}  // namespace

bool fits_firestore(const Json& value) {
  std::size_t leaves = 0;
  return fits(value, 0, leaves, false);
}

Json older_fields(const DocumentName& name, const Json& content) {
  Fields fields(content);
  switch (name.kind) {
    case DocumentKind::connector:
      shape_connector(fields, content);
      break;
    case DocumentKind::version:
      shape_version(fields, content);
      break;
    case DocumentKind::publisher:
      shape_publisher(fields, content);
      break;
    case DocumentKind::install_request:
      shape_request(fields, content);
      break;
    case DocumentKind::installation:
      shape_installation(fields, content);
      break;
    case DocumentKind::policy:
    case DocumentKind::log:
      fields.unfold("document");
      break;
    case DocumentKind::installation_event:
      break;
  }
  return fields.with_nulls(fields.finish(name.kind == DocumentKind::connector));
}

Json earlier_fields(const DocumentName& name, const Json& content) {
  Json rows = content;
  if (name.kind == DocumentKind::connector) {
    for (const std::string_view joined : kJoined) rows.erase(std::string(joined));
  }
  return to_firestore_fields(rows);
}

Result<Json> content_of_fields(const Json& fields) {
  MKT_TRY(Json content, from_firestore_fields(fields));
  const auto exact = content.find(kExact);
  if (exact == content.end() || !exact->is_object()) return content;
  const Json rows = *exact;
  content.erase(kExact);
  for (const auto& [name, value] : rows.items()) content[name] = value;
  return content;
}

}  // namespace mkt
