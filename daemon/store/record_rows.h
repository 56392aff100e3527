// What a row of each subject's tables and views means: which column is which member of the record.
// The columns stand in the order of the schema's views, the same in SQLite and in PostgreSQL.
//
// A Row is one of RowColumns (row_columns.h). A word that this version does not know is taken for
// the one that allows least.
#pragma once

#include <cstdint>
#include <string>

#include "daemon/store/records.h"
#include "daemon/store/row_columns.h"

namespace mkt {

template <typename Row>
PublisherRecord read_publisher(const Row& row) {
  PublisherRecord p;
  std::string status;
  row.get(p.id, p.display_name, p.email, status, p.verified, p.created_at, p.status_reason);
  p.status = parse_publisher_status(status).value_or(PublisherStatus::banned);
  return p;
}

template <typename Row>
KeyRecord read_key(const Row& row) {
  KeyRecord k;
  std::string status;
  row.get(k.key_id, k.publisher_id, k.public_key, k.fingerprint, status, k.created_at, k.expires_at,
          k.revoked_at, k.reason_code, k.reason, k.revoked_by, k.compromised_seq, k.endorsed_by,
          k.endorsement, k.added_seq, k.alias);
  k.status = parse_key_status(status).value_or(KeyStatus::revoked);
  return k;
}

template <typename Row>
VersionRecord read_head(const Row& row) {
  VersionRecord v;
  row.get(v.connector_id, v.version, v.checksum, v.size, v.signing_key_id, v.published_at,
          v.published_by, v.downloads, v.prerelease, v.deprecated, v.deprecation_reason,
          v.quarantined, v.seq, v.signature_seq, v.capabilities, v.policy_classes, v.visible_to,
          v.quarantine_reason, v.withdrawn_at, v.withdrawal_code, v.withdrawal_reason);
  return v;
}

template <typename Row>
InstallRequestRecord read_request(const Row& row) {
  InstallRequestRecord r;
  std::string status;
  row.get(r.num, r.id, r.tenant_id, r.connector_id, r.version, r.checksum, r.config, status,
          r.requested_by, r.requested_at, r.expires_at, r.min_approvals, r.allow_self_approval,
          r.rule, r.explanation, r.installed_version, r.deprecated, r.decided_at, r.decided_by,
          r.reason, r.installed_request);
  r.status = parse_request_status(status).value_or(RequestStatus::cancelled);
  return r;
}

template <typename Row>
InstallationRecord read_installation(const Row& row) {
  InstallationRecord i;
  row.get(i.tenant_id, i.connector_id, i.version, i.checksum, i.config, i.request_id,
          i.installed_by, i.installed_at, i.updated_at);
  return i;
}

template <typename Row>
TokenRecord read_token(const Row& row) {
  TokenRecord t;
  std::string role, connectors, used_from;
  row.get(t.id, t.hash, t.name, role, t.subject, t.created_at, t.expires_at, t.last_used_at,
          t.scope.read_only, connectors, used_from);
  t.role = parse_role(role).value_or(Role::member);
  t.scope.connectors = TokenScope::split(connectors);
  t.scope.from = TokenScope::split(used_from);
  return t;
}

// A row of the outbox: which document changed, by its kind's word and its key in JSON.
struct OutboxChange {
  std::int64_t seq = 0;
  std::string kind;
  std::string key;
  UtcTime at;
};

template <typename Row>
OutboxChange read_change(const Row& row) {
  OutboxChange c;
  row.get(c.seq, c.kind, c.key, c.at);
  return c;
}

template <typename Row>
SearchDocument read_search_document(const Row& row) {
  SearchDocument d;
  row.get(d.id, d.display_name, d.description, d.author, d.capabilities, d.downloads, d.updated_at,
          d.keywords, d.visible_to, d.owners);
  return d;
}

}  // namespace mkt
