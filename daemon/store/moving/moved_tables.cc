#include "daemon/store/moving/moved_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mkt {
namespace {

// `signed_as` is in PostgreSQL alone: SQLite reads it from the signature file. It keeps that and
// the manifest in the same row as the rest; PostgreSQL has them in version_files.
constexpr const char* kSqliteVersions = R"sql(
  SELECT connector_id, version, checksum, size, signing_key_id,
         coalesce(json_extract(signature, '$.keyId'), signing_key_id), published_at, published_by,
         downloads, prerelease, deprecated, deprecation_reason, quarantined, seq, signature_seq,
         capabilities, policy_classes, visible_to, quarantine_reason, withdrawn_at,
         withdrawal_code, withdrawal_reason
  FROM versions ORDER BY connector_id, version)sql";
constexpr const char* kKeepSqliteVersion = R"sql(
  INSERT INTO versions
    (connector_id, version, checksum, size, signing_key_id, published_at, published_by, downloads,
     prerelease, deprecated, deprecation_reason, quarantined, seq, signature_seq, capabilities,
     policy_classes, visible_to, quarantine_reason, withdrawn_at, withdrawal_code,
     withdrawal_reason, manifest, signature)
  VALUES (?1, ?2, ?3, ?4, ?5, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,
          ?21, ?22, '', ''))sql";
constexpr const char* kSqliteVersionFiles = R"sql(
  SELECT connector_id, version, manifest, signature
  FROM versions ORDER BY connector_id, version)sql";
constexpr const char* kKeepSqliteVersionFiles = R"sql(
  UPDATE versions SET manifest = ?3, signature = ?4
  WHERE connector_id = ?1 AND version = ?2)sql";

constexpr auto kMovedTables = std::to_array<MovedTable>({
    {"publishers", "id, display_name, email, status, verified, created_at, status_reason", "id"},
    {"publisher_keys",
     "key_id, publisher_id, public_key, fingerprint, status, created_at, expires_at, revoked_at, "
     "reason_code, reason, changed_seq, revoked_by, compromised_seq, endorsed_by, endorsement, "
     "added_seq, alias",
     "key_id"},
    {"connectors",
     "num, id, owner, latest_version, display_name, description, author, capabilities, downloads, "
     "created_at, updated_at, visible_to",
     "num"},
    {"connector_labels", "label, kind, num", "num, kind, label"},
    {"connector_owners", "connector_id, publisher_id, added_at, added_seq",
     "connector_id, publisher_id"},
    {"versions",
     "connector_id, version, checksum, size, signing_key_id, signed_as, published_at, "
     "published_by, downloads, prerelease, deprecated, deprecation_reason, quarantined, seq, "
     "signature_seq, capabilities, policy_classes, visible_to, quarantine_reason, withdrawn_at, "
     "withdrawal_code, withdrawal_reason",
     "connector_id, version", kSqliteVersions, kKeepSqliteVersion},
    {"version_files", "connector_id, version, manifest, signature", "connector_id, version",
     kSqliteVersionFiles, kKeepSqliteVersionFiles},
    {"version_dependencies", "dependency, connector_id, version, version_range",
     "dependency, connector_id, version"},
    {"tokens",
     "id, hash, name, role, subject, created_at, expires_at, last_used_at, read_only, connectors, "
     "used_from",
     "id"},
    {"tenant_policies", "tenant_id, revision, document, set_at, set_by", "tenant_id, revision"},
    {"install_requests",
     "num, id, tenant_id, connector_id, version, checksum, config, status, requested_by, "
     "requested_at, expires_at, min_approvals, allow_self_approval, rule, explanation, "
     "installed_version, deprecated, decided_at, decided_by, reason, installed_request",
     "num"},
    {"approvals", "request_num, approver, approved_at, key_id, signature, token_id",
     "request_num, approver"},
    {"installations",
     "tenant_id, connector_id, version, checksum, config, request_id, installed_by, installed_at, "
     "updated_at",
     "tenant_id, connector_id"},
    {"installation_events",
     "num, tenant_id, connector_id, action, version, previous_version, request_id, actor, at",
     "num"},
    {"idempotency_keys",
     "scope, key, request_hash, request_id, expires_at, status, content_type, body", "scope, key"},
    {"webhook_cursors", "name, seq", "name"},
    {"outbox", "seq, kind, key, at, parked", "seq"},
    {"mirror_state", "name, value", "name"},
    // PostgreSQL's `touches` is for daemons that ran when the entry was made.
    {"audit_log", "seq, at, actor, address, request_id, action, subject, document", "seq"},
});

}  // namespace

std::size_t columns_in(std::string_view columns) {
  return static_cast<std::size_t>(std::count(columns.begin(), columns.end(), ',')) + 1;
}

std::string MovedTable::select() const {
  return fmt::format("SELECT {} FROM {} ORDER BY {}", columns, name, key);
}

std::string MovedTable::select_sqlite() const {
  return sqlite_rows == nullptr ? select() : sqlite_rows;
}

std::string MovedTable::keep_sqlite() const {
  if (sqlite_keep != nullptr) return sqlite_keep;
  std::string marks(columns_in(columns) * 2 - 1, '?');
  for (std::size_t i = 1; i < marks.size(); i += 2) marks[i] = ',';
  return fmt::format("INSERT INTO {} ({}) VALUES ({})", name, columns, marks);
}

std::span<const MovedTable> moved_tables() { return kMovedTables; }

}  // namespace mkt
