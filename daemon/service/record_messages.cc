#include "daemon/service/record_messages.h"

#include <fmt/format.h>

#include "common/connector/visibility.h"
#include "daemon/rules/key_rules.h"
#include "daemon/rules/visibility.h"
#include "daemon/service/keys.h"
#include "daemon/service/log_text.h"

namespace mkt {
namespace {

std::optional<std::string> time_text(const std::optional<UtcTime>& time) {
  if (!time) return std::nullopt;
  return format_utc(*time);
}

// A version may contain a '+', which some clients read as a blank.
std::string version_path(const VersionRecord& v) {
  std::string version;
  for (char c : v.version) version += c == '+' ? std::string("%2B") : std::string(1, c);
  return fmt::format("/v1/connectors/{}/{}", v.connector_id, version);
}

// It was valid when it was stored. If it is damaged, an empty object is better than no answer.
Json object_of(const std::string& text) {
  auto object = parse_json(text, "the document");
  return object ? std::move(*object) : Json::object();
}

// For readers outside the tenant.
template <typename Message>
Message without_config(Message message) {
  message.config = nullptr;
  return message;
}

wire::PowersInfo powers_message(const Powers& powers) {
  wire::PowersInfo m;
  m.capabilities = powers.capabilities;
  for (const ToolSummary& t : powers.tools) m.tools.push_back({t.name, t.policy_class});
  return m;
}

}  // namespace

wire::VersionInfo version_message(const VersionRecord& v) {
  wire::VersionInfo m;
  m.id = v.connector_id;
  m.version = v.version;
  if (!v.manifest.empty()) {
    if (auto manifest = parse_json(v.manifest, "the manifest")) m.manifest = std::move(*manifest);
  }
  m.tarball_url = version_path(v) + "/tarball";
  m.tarball_checksum = v.checksum;
  m.tarball_size = v.size;
  m.signature_url = version_path(v) + "/signature";
  m.signing_key_id = v.signed_as.empty() ? v.signing_key_id : v.signed_as;
  m.key_id = v.signing_key_id;
  m.key_fingerprint = v.key_fingerprint;
  m.published_at = format_utc(v.published_at);
  m.published_by = v.published_by;
  m.downloads = v.downloads;
  m.prerelease = v.prerelease;
  m.deprecated = v.deprecated;
  m.deprecation_reason = v.deprecation_reason;
  m.quarantined = v.quarantined;
  m.quarantine_reason = v.quarantine_reason;
  m.withdrawn_at = time_text(v.withdrawn_at);
  m.withdrawal_code = v.withdrawal_code;
  m.withdrawal_reason = v.withdrawal_reason;
  m.sequence = v.signature_seq;
  return m;
}

namespace {

// Other names for the key in signature files: its alias, and the id that clients of the older
// protocol derive.
std::vector<std::string> aliases_of(const KeyRecord& k) {
  std::vector<std::string> aliases;
  if (!k.alias.empty()) aliases.push_back(k.alias);
  if (std::string older = older_key_id(k); !older.empty()) aliases.push_back(std::move(older));
  return aliases;
}

}  // namespace

wire::KeyInfo key_message(const KeyRecord& k, UtcTime now) {
  wire::KeyInfo m;
  m.key_id = k.key_id;
  m.publisher_id = k.publisher_id;
  m.public_key = k.public_key;
  m.fingerprint = k.fingerprint;
  m.status = is_expired(k, now) ? "expired" : key_status_name(k.status);
  m.created_at = format_utc(k.created_at);
  m.expires_at = time_text(k.expires_at);
  m.revoked_at = time_text(k.revoked_at);
  m.reason_code = k.reason_code;
  m.reason = k.reason;
  m.revoked_by = k.revoked_by;
  m.compromised_sequence = k.compromised_seq;
  m.endorsed_by = k.endorsed_by;
  m.endorsement = k.endorsement;
  m.added_sequence = k.added_seq;
  m.aliases = aliases_of(k);
  return m;
}

wire::PublisherInfo publisher_message(const PublisherRecord& p, const std::vector<KeyRecord>& keys,
                                      UtcTime now) {
  wire::PublisherInfo m;
  m.id = p.id;
  m.display_name = p.display_name;
  m.email = p.email;
  m.status = publisher_status_name(p.status);
  m.status_reason = p.status_reason;
  m.verified = p.verified;
  m.created_at = format_utc(p.created_at);
  for (const KeyRecord& key : keys) m.keys.push_back(key_message(key, now));
  return m;
}

wire::TokenInfo token_message(const TokenRecord& t) {
  wire::TokenInfo m;
  m.id = t.id;
  m.name = t.name;
  m.role = role_name(t.role);
  m.subject = t.subject;
  m.created_at = format_utc(t.created_at);
  m.expires_at = time_text(t.expires_at);
  m.last_used_at = time_text(t.last_used_at);
  m.read_only = t.scope.read_only;
  m.connectors = t.scope.connectors;
  m.from = t.scope.from;
  return m;
}

wire::RevocationInfo revocation_message(const RevocationOutcome& r, UtcTime now) {
  wire::RevocationInfo m;
  m.key = key_message(r.key, now);
  m.changed = r.changed;
  for (const VersionRecord& v : r.hit) m.quarantined.push_back(version_message(v));
  m.counts = {r.hit_count, r.request_count, r.installation_count};
  for (const auto& request : r.requests) {
    m.requests.push_back(without_config(request_message(request)));
  }
  for (const auto& i : r.installations) {
    m.installations.push_back(without_config(installation_message(i)));
  }
  return m;
}

std::vector<wire::DependantInfo> dependant_messages(const std::vector<DependantRecord>& found) {
  std::vector<wire::DependantInfo> messages;
  for (const DependantRecord& d : found) messages.push_back({d.connector_id, d.version, d.range});
  return messages;
}

wire::TakenOutInfo taken_out_message(const TakenOut& out) {
  wire::TakenOutInfo m;
  static_cast<wire::VersionInfo&>(m) = version_message(out.version);
  m.request_count = out.impact.request_count;
  m.installation_count = out.impact.installation_count;
  for (const auto& request : out.impact.requests) {
    m.requests.push_back(without_config(request_message(request)));
  }
  for (const auto& i : out.impact.installations) {
    m.installations.push_back(without_config(installation_message(i)));
  }
  m.dependants = dependant_messages(out.impact.dependants);
  return m;
}

wire::LogInfo log_message(const LogEntry& e) {
  return {e.seq,    format_utc(e.at), e.actor.who, e.actor.address,      e.actor.request_id,
          e.action, e.subject,        log_text(e), object_of(e.document)};
}

wire::SigningInfo signing_message(const Signing& s) {
  const SigningRecord& r = s.record;
  return {r.seq,     format_utc(r.at), r.action, r.connector_id,
          r.version, r.key_id,         r.actor,  s.by_caller};
}

namespace {

// Clients of the older protocol always need one.
std::string author_of(const ConnectorRecord& c) { return c.author.empty() ? "unknown" : c.author; }

}  // namespace

wire::SearchHit hit_message(const ConnectorRecord& c) {
  return {c.id,           c.latest_version, c.display_name,           c.description, author_of(c),
          c.capabilities, c.downloads,      format_utc(c.updated_at), c.quarantined};
}

wire::ConnectorInfo connector_message(const ConnectorWithVersions& found) {
  const ConnectorRecord& c = found.connector;
  wire::ConnectorInfo m{c.id,
                        c.latest_version,
                        c.display_name,
                        c.description,
                        author_of(c),
                        c.owner,
                        c.capabilities,
                        c.downloads,
                        format_utc(c.created_at),
                        format_utc(c.updated_at),
                        {}};
  if (!is_for_everyone(c.visible_to)) m.visibility = visibility_text(c.visible_to);
  for (const VersionRecord& v : found.versions) m.versions.push_back(version_message(v));
  if (const auto manifest = parse_json(found.latest_manifest, "the manifest")) {
    m.license = text_member(*manifest, "license").value_or("");
    m.repository_url = text_member(*manifest, "repository").value_or("");
    m.documentation_url = text_member(*manifest, "homepage").value_or("");
  }
  return m;
}

wire::InstallRequestInfo request_message(const InstallRequestRecord& r) {
  wire::InstallRequestInfo m;
  m.id = r.id;
  m.idempotency_key = wish_key(r);
  m.tenant_id = r.tenant_id;
  m.connector_id = r.connector_id;
  m.version = r.version;
  m.checksum = r.checksum;
  m.config = object_of(r.config);
  m.status = request_status_name(r.status);
  m.requested_by = r.requested_by;
  m.requested_at = format_utc(r.requested_at);
  m.expires_at = format_utc(r.expires_at);
  m.min_approvals = r.min_approvals;
  m.allow_self_approval = r.allow_self_approval;
  m.rule = r.rule;
  m.explanation = r.explanation;
  m.decided_at = time_text(r.decided_at);
  m.decided_by = r.decided_by;
  m.reason = r.reason;
  for (const ApprovalRecord& a : r.approvals) {
    m.approvals.push_back({a.approver, format_utc(a.approved_at), a.key_id, a.signature});
  }
  return m;
}

wire::ReviewInfo review_message(const RequestReview& r, UtcTime now) {
  wire::ReviewInfo m;
  static_cast<wire::PowersInfo&>(m) = powers_message(r.powers);
  m.installed_version = r.installed_version;
  m.added = powers_message(r.added);
  m.removed = powers_message(r.removed);
  m.publisher = {r.publisher.id, r.publisher.display_name, r.publisher.verified,
                 std::string(publisher_status_name(r.publisher.status))};
  m.key = {r.key.key_id,
           std::string(is_expired(r.key, now) ? "expired" : key_status_name(r.key.status))};
  m.size = r.version.size;
  m.deprecated = r.version.deprecated;
  m.quarantined = r.version.quarantined;
  if (r.obstacle) {
    m.obstacle = {std::string(error_code_name(r.obstacle->code)), r.obstacle->message};
  }
  return m;
}

wire::InstallationInfo installation_message(const InstallationRecord& i) {
  return {i.tenant_id,
          i.connector_id,
          i.version,
          i.checksum,
          object_of(i.config),
          i.request_id,
          i.installed_by,
          format_utc(i.installed_at),
          format_utc(i.updated_at)};
}

wire::InstallationEventInfo event_message(const InstallationEvent& e) {
  return {e.action, e.version, e.previous_version, e.request_id, e.actor, format_utc(e.at)};
}

}  // namespace mkt
