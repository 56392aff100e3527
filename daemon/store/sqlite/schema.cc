// Migrations. Times are UTC milliseconds, checksums "sha256:" and hex.
#include "daemon/store/sqlite/schema.h"

#include <fmt/format.h>

#include <array>

namespace mkt {
namespace {

constexpr const char* kMigration1 = R"sql(
-- The registry's own order of events: append only, one row a change, in the change's transaction.
CREATE TABLE audit_log (
  seq         INTEGER PRIMARY KEY AUTOINCREMENT,
  at          INTEGER NOT NULL,
  actor       TEXT NOT NULL,
  address     TEXT NOT NULL,
  request_id  TEXT NOT NULL,
  action      TEXT NOT NULL,
  subject     TEXT NOT NULL,
  detail      TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TRIGGER audit_log_is_never_changed BEFORE UPDATE ON audit_log
  BEGIN SELECT RAISE(ABORT, 'the audit log is append only'); END;
CREATE TRIGGER audit_log_is_never_deleted BEFORE DELETE ON audit_log
  BEGIN SELECT RAISE(ABORT, 'the audit log is append only'); END;

CREATE TABLE publishers (
  id            TEXT PRIMARY KEY,
  display_name  TEXT NOT NULL,
  email         TEXT NOT NULL,
  status        TEXT NOT NULL CHECK (status IN ('active', 'suspended', 'banned')),
  verified      INTEGER NOT NULL DEFAULT 0,
  created_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE publisher_keys (
  key_id        TEXT PRIMARY KEY,
  publisher_id  TEXT NOT NULL REFERENCES publishers (id),
  public_key    TEXT NOT NULL,
  fingerprint   TEXT NOT NULL UNIQUE,
  status        TEXT NOT NULL CHECK (status IN ('active', 'retired', 'revoked')),
  created_at    INTEGER NOT NULL,
  expires_at    INTEGER,
  revoked_at    INTEGER,
  reason_code   TEXT NOT NULL DEFAULT '',
  reason        TEXT NOT NULL DEFAULT '',
  changed_seq   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX publisher_keys_by_publisher ON publisher_keys (publisher_id, created_at);
CREATE INDEX publisher_keys_by_change ON publisher_keys (changed_seq);

-- num joins a connector to its row of the full-text index.
CREATE TABLE connectors (
  num             INTEGER PRIMARY KEY,
  id              TEXT NOT NULL UNIQUE,
  owner           TEXT NOT NULL REFERENCES publishers (id),
  latest_version  TEXT NOT NULL,
  display_name    TEXT NOT NULL,
  description     TEXT NOT NULL,
  author          TEXT NOT NULL,
  capabilities    TEXT NOT NULL,
  downloads       INTEGER NOT NULL DEFAULT 0,
  created_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX connectors_by_downloads ON connectors (downloads);
CREATE INDEX connectors_by_update ON connectors (updated_at);
CREATE INDEX connectors_by_name ON connectors (display_name COLLATE NOCASE, id);

-- What search filters by: capabilities, and keywords for the older protocol's categories.
CREATE TABLE connector_labels (
  label  TEXT NOT NULL,
  kind   TEXT NOT NULL CHECK (kind IN ('capability', 'keyword')),
  num    INTEGER NOT NULL REFERENCES connectors (num),
  PRIMARY KEY (label, kind, num)
) STRICT, WITHOUT ROWID;
CREATE INDEX connector_labels_by_connector ON connector_labels (num);

CREATE VIRTUAL TABLE connector_search USING fts5 (
  id, display_name, description, author, keywords, capabilities,
  tokenize = "unicode61 remove_diacritics 2", prefix = '2 3'
);

CREATE TABLE versions (
  connector_id        TEXT NOT NULL REFERENCES connectors (id),
  version             TEXT NOT NULL,
  manifest            TEXT NOT NULL,
  checksum            TEXT NOT NULL,
  size                INTEGER NOT NULL,
  signature           TEXT NOT NULL,
  signing_key_id      TEXT NOT NULL REFERENCES publisher_keys (key_id),
  published_at        INTEGER NOT NULL,
  published_by        TEXT NOT NULL REFERENCES publishers (id),
  downloads           INTEGER NOT NULL DEFAULT 0,
  prerelease          INTEGER NOT NULL,
  deprecated          INTEGER NOT NULL DEFAULT 0,
  deprecation_reason  TEXT NOT NULL DEFAULT '',
  quarantined         INTEGER NOT NULL DEFAULT 0,
  seq                 INTEGER NOT NULL,
  PRIMARY KEY (connector_id, version)
) STRICT, WITHOUT ROWID;
CREATE INDEX versions_by_seq ON versions (connector_id, seq);
CREATE INDEX versions_by_checksum ON versions (checksum);
CREATE INDEX versions_by_key ON versions (signing_key_id, seq);

CREATE TABLE tokens (
  id            TEXT PRIMARY KEY,
  hash          TEXT NOT NULL,
  name          TEXT NOT NULL,
  role          TEXT NOT NULL CHECK (role IN ('admin', 'publisher', 'member', 'approver')),
  subject       TEXT NOT NULL,
  created_at    INTEGER NOT NULL,
  expires_at    INTEGER,
  last_used_at  INTEGER
) STRICT, WITHOUT ROWID;
)sql";

constexpr const char* kMigration2 = R"sql(
ALTER TABLE publishers ADD COLUMN status_reason TEXT NOT NULL DEFAULT '';

-- compromised_seq: what was accepted with the key at this seq of the log or later is not trusted.
-- endorsed_by, endorsement: the key that vouched for this one, and its signature.
ALTER TABLE publisher_keys ADD COLUMN revoked_by TEXT NOT NULL DEFAULT '';
ALTER TABLE publisher_keys ADD COLUMN compromised_seq INTEGER;
ALTER TABLE publisher_keys ADD COLUMN endorsed_by TEXT NOT NULL DEFAULT '';
ALTER TABLE publisher_keys ADD COLUMN endorsement TEXT NOT NULL DEFAULT '';
ALTER TABLE publisher_keys ADD COLUMN added_seq INTEGER NOT NULL DEFAULT 0;
UPDATE publisher_keys SET added_seq = changed_seq;

-- When the signature that stands now was accepted: seq, or a countersignature's own.
ALTER TABLE versions ADD COLUMN signature_seq INTEGER NOT NULL DEFAULT 0;
UPDATE versions SET signature_seq = seq;
DROP INDEX versions_by_key;
CREATE INDEX versions_by_key ON versions (signing_key_id, signature_seq);

-- Who may publish new versions; connectors.owner is the one of them that was first.
CREATE TABLE connector_owners (
  connector_id  TEXT NOT NULL REFERENCES connectors (id),
  publisher_id  TEXT NOT NULL REFERENCES publishers (id),
  added_at      INTEGER NOT NULL,
  added_seq     INTEGER NOT NULL,
  PRIMARY KEY (connector_id, publisher_id)
) STRICT, WITHOUT ROWID;
INSERT INTO connector_owners SELECT id, owner, created_at, 0 FROM connectors;

CREATE INDEX audit_log_by_time ON audit_log (at);
)sql";

// Search uses memory (views/search_index.h): FTS5's ranking reads every match, which took 100 ms
// for a word that 100,000 connectors have.
constexpr const char* kMigration3 = R"sql(
DROP TABLE connector_search;
DROP INDEX connectors_by_downloads;
DROP INDEX connectors_by_update;
DROP INDEX connectors_by_name;
)sql";

constexpr const char* kMigration4 = R"sql(
-- What an install is decided by, so that nobody reads manifests inside a transaction.
ALTER TABLE versions ADD COLUMN capabilities TEXT NOT NULL DEFAULT '[]';
ALTER TABLE versions ADD COLUMN policy_classes TEXT NOT NULL DEFAULT '[]';
UPDATE versions SET
  capabilities = coalesce(json_extract(manifest, '$.capabilities'), '[]'),
  policy_classes = (SELECT json_group_array(word) FROM (
    SELECT DISTINCT json_extract(value, '$.policyClass') AS word
    FROM json_each(manifest, '$.tools')));

-- The role tenant-admin.
CREATE TABLE tokens_4 (
  id            TEXT PRIMARY KEY,
  hash          TEXT NOT NULL,
  name          TEXT NOT NULL,
  role          TEXT NOT NULL
                CHECK (role IN ('admin', 'publisher', 'tenant-admin', 'member', 'approver')),
  subject       TEXT NOT NULL,
  created_at    INTEGER NOT NULL,
  expires_at    INTEGER,
  last_used_at  INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO tokens_4 SELECT * FROM tokens;
DROP TABLE tokens;
ALTER TABLE tokens_4 RENAME TO tokens;

-- One row a revision, never changed; the highest is in force.
CREATE TABLE tenant_policies (
  tenant_id  TEXT NOT NULL,
  revision   INTEGER NOT NULL,
  document   TEXT NOT NULL,
  set_at     INTEGER NOT NULL,
  set_by     TEXT NOT NULL,
  PRIMARY KEY (tenant_id, revision)
) STRICT, WITHOUT ROWID;

CREATE TABLE install_requests (
  num                  INTEGER PRIMARY KEY,
  id                   TEXT NOT NULL UNIQUE,
  tenant_id            TEXT NOT NULL,
  connector_id         TEXT NOT NULL,
  version              TEXT NOT NULL,
  checksum             TEXT NOT NULL,
  config               TEXT NOT NULL,
  status               TEXT NOT NULL
                       CHECK (status IN ('pending', 'approved', 'denied', 'expired', 'cancelled')),
  requested_by         TEXT NOT NULL,
  requested_at         INTEGER NOT NULL,
  expires_at           INTEGER NOT NULL,
  min_approvals        INTEGER NOT NULL,
  allow_self_approval  INTEGER NOT NULL,
  rule                 TEXT NOT NULL,
  explanation          TEXT NOT NULL,
  installed_version    TEXT NOT NULL,
  deprecated           INTEGER NOT NULL,
  decided_at           INTEGER,
  decided_by           TEXT NOT NULL DEFAULT '',
  reason               TEXT NOT NULL DEFAULT '',
  FOREIGN KEY (connector_id, version) REFERENCES versions (connector_id, version)
) STRICT;
-- While one is pending there is no second one.
CREATE UNIQUE INDEX install_requests_pending
  ON install_requests (tenant_id, connector_id, version) WHERE status = 'pending';
CREATE INDEX install_requests_by_wish
  ON install_requests (tenant_id, connector_id, version, num);
CREATE INDEX install_requests_by_tenant ON install_requests (tenant_id, num);
CREATE INDEX install_requests_by_status ON install_requests (tenant_id, status, num);
CREATE INDEX install_requests_by_end ON install_requests (expires_at) WHERE status = 'pending';
CREATE INDEX install_requests_pending_by_version
  ON install_requests (connector_id, version) WHERE status = 'pending';

CREATE TABLE approvals (
  request_num  INTEGER NOT NULL REFERENCES install_requests (num),
  approver     TEXT NOT NULL,
  approved_at  INTEGER NOT NULL,
  key_id       TEXT NOT NULL,
  signature    TEXT NOT NULL,
  PRIMARY KEY (request_num, approver)
) STRICT, WITHOUT ROWID;

CREATE TABLE installations (
  tenant_id     TEXT NOT NULL,
  connector_id  TEXT NOT NULL,
  version       TEXT NOT NULL,
  checksum      TEXT NOT NULL,
  config        TEXT NOT NULL,
  request_id    TEXT NOT NULL REFERENCES install_requests (id),
  installed_by  TEXT NOT NULL,
  installed_at  INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, connector_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX installations_by_version ON installations (connector_id, version);

CREATE TABLE installation_events (
  num               INTEGER PRIMARY KEY,
  tenant_id         TEXT NOT NULL,
  connector_id      TEXT NOT NULL,
  action            TEXT NOT NULL CHECK (action IN ('install', 'update', 'uninstall')),
  version           TEXT NOT NULL,
  previous_version  TEXT NOT NULL,
  request_id        TEXT NOT NULL,
  actor             TEXT NOT NULL,
  at                INTEGER NOT NULL
) STRICT;
CREATE INDEX installation_events_by_connector
  ON installation_events (tenant_id, connector_id, num);

-- The row commits with the change that was asked for under the key; the answer follows it, status 0
-- until then.
CREATE TABLE idempotency_keys (
  scope         TEXT NOT NULL,
  key           TEXT NOT NULL,
  request_hash  TEXT NOT NULL,
  request_id    TEXT NOT NULL,
  expires_at    INTEGER NOT NULL,
  status        INTEGER NOT NULL DEFAULT 0,
  content_type  TEXT NOT NULL DEFAULT '',
  body          TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_end ON idempotency_keys (expires_at);

-- How far each webhook was told of the audit log.
CREATE TABLE webhook_cursors (
  name  TEXT PRIMARY KEY,
  seq   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

constexpr const char* kMigration5 = R"sql(
-- The request that had brought what was installed when this one was made: an approval must not undo
-- what came in between.
ALTER TABLE install_requests ADD COLUMN installed_request TEXT NOT NULL DEFAULT '';
UPDATE install_requests SET installed_request = coalesce((
  SELECT i.request_id FROM installations AS i
  WHERE i.tenant_id = install_requests.tenant_id
    AND i.connector_id = install_requests.connector_id
    AND i.version = install_requests.installed_version), '')
WHERE status = 'pending';

-- The token that said yes: where it is revoked before enough have, the yes goes with it.
ALTER TABLE approvals ADD COLUMN token_id TEXT NOT NULL DEFAULT '';
CREATE INDEX approvals_by_token ON approvals (token_id) WHERE token_id <> '';

-- How many a token has is asked each time it uses a new one.
CREATE INDEX idempotency_keys_by_scope ON idempotency_keys (scope, expires_at);
)sql";

constexpr const char* kMigration6 = R"sql(
-- Documents that the mirror has still to be told of (outbox_rows.cc): each once, with the newest
-- change's place in the order. `key` is a JSON array; `parked` says why the mirror refused it.
CREATE TABLE outbox (
  seq     INTEGER PRIMARY KEY AUTOINCREMENT,
  kind    TEXT NOT NULL,
  key     TEXT NOT NULL,
  at      INTEGER NOT NULL,
  parked  TEXT NOT NULL DEFAULT '',
  UNIQUE (kind, key)
) STRICT;
CREATE INDEX outbox_waiting ON outbox (seq) WHERE parked = '';

CREATE TABLE mirror_state (
  name   TEXT PRIMARY KEY,
  value  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

constexpr const char* kMigration7 = R"sql(
-- Changes that the mirror has still to be told of, in their order; a document may stand there several
-- times. Appending is all that a change costs: there is no index but the one on what is parked.
CREATE TABLE outbox_7 (
  seq     INTEGER PRIMARY KEY AUTOINCREMENT,
  kind    TEXT NOT NULL,
  key     TEXT NOT NULL,
  at      INTEGER NOT NULL,
  parked  TEXT NOT NULL DEFAULT ''
) STRICT;
INSERT INTO outbox_7 SELECT * FROM outbox;
-- Numbers are never given twice, also where nothing waits now.
DELETE FROM sqlite_sequence WHERE name = 'outbox_7';
INSERT INTO sqlite_sequence (name, seq) SELECT 'outbox_7', seq FROM sqlite_sequence WHERE name = 'outbox';
DROP TABLE outbox;
ALTER TABLE outbox_7 RENAME TO outbox;
CREATE INDEX outbox_parked ON outbox (kind, key) WHERE parked <> '';
)sql";

constexpr const char* kMigration8 = R"sql(
-- The id that a publisher gave its key before this registry: what its signature files say.
ALTER TABLE publisher_keys ADD COLUMN alias TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX publisher_keys_by_alias ON publisher_keys (alias) WHERE alias <> '';
)sql";

constexpr const char* kMigration9 = R"sql(
-- What was done, as a document of ids and values; the text that people read is made from it
-- (service/log_text.h). Older entries are brought over as far as their text goes; the rest of it
-- stays under "text".
ALTER TABLE audit_log ADD COLUMN document TEXT NOT NULL DEFAULT '{}';
DROP TRIGGER audit_log_is_never_changed;
UPDATE audit_log SET document = CASE
  WHEN action = 'version.publish' THEN json_object(
    'connector', substr(subject, 1, instr(subject, '@') - 1),
    'version', substr(subject, instr(subject, '@') + 1), 'checksum', detail)
  WHEN action = 'version.countersign' THEN json_object(
    'connector', substr(subject, 1, instr(subject, '@') - 1),
    'version', substr(subject, instr(subject, '@') + 1),
    'keyId', substr(detail, 1, instr(detail, ' in the place of ') - 1),
    'replaces', substr(detail, instr(detail, ' in the place of ') + 17))
  WHEN action = 'version.quarantine' THEN json_object(
    'connector', substr(subject, 1, instr(subject, '@') - 1),
    'version', substr(subject, instr(subject, '@') + 1),
    'keyId', substr(detail, 1, length(detail) - length(' is compromised')))
  WHEN action IN ('version.deprecate', 'version.undeprecate') THEN json_object(
    'connector', substr(subject, 1, instr(subject, '@') - 1),
    'version', substr(subject, instr(subject, '@') + 1), 'reason', detail)
  WHEN action LIKE 'publisher.%' THEN json_object('publisher', subject, 'reason', detail)
  WHEN action = 'key.add' AND detail <> '' THEN json_object(
    'publisher', substr(subject, 1, instr(subject, ':') - 1), 'keyId', subject,
    'endorsedBy', substr(detail, length('endorsed by ') + 1))
  WHEN action = 'key.add' THEN json_object(
    'publisher', substr(subject, 1, instr(subject, ':') - 1), 'keyId', subject)
  WHEN action = 'key.retire' THEN json_object(
    'publisher', substr(subject, 1, instr(subject, ':') - 1), 'keyId', subject,
    'successor', substr(detail, length('rotated to ') + 1))
  WHEN action = 'key.revoke' THEN json_object(
    'publisher', substr(subject, 1, instr(subject, ':') - 1), 'keyId', subject,
    'reasonCode', substr(detail, 1, instr(detail, ': ') - 1),
    'reason', substr(detail, instr(detail, ': ') + 2))
  WHEN action IN ('owner.add', 'owner.remove') THEN json_object(
    'connector', subject, 'publisher', detail)
  WHEN action = 'policy.set' THEN json_object(
    'tenant', subject, 'revision', CAST(substr(detail, length('revision ') + 1) AS INTEGER))
  WHEN action = 'token.create' THEN json_object(
    'token', subject, 'role', substr(detail, 1, instr(detail, ' ') - 1),
    'subject', substr(detail, instr(detail, ' ') + 1))
  WHEN action = 'token.revoke' THEN json_object('token', subject)
  WHEN action LIKE 'request.%' THEN json_object('request', subject, 'text', detail)
  WHEN action LIKE 'installation.%' THEN json_object(
    'tenant', substr(subject, 1, instr(subject, '/') - 1),
    'connector', substr(subject, instr(subject, '/') + 1), 'text', detail)
  ELSE json_object('text', detail)
END;
ALTER TABLE audit_log DROP COLUMN detail;
CREATE TRIGGER audit_log_is_never_changed BEFORE UPDATE ON audit_log
  BEGIN SELECT RAISE(ABORT, 'the audit log is append only'); END;

-- Every statement that reads install requests wants these columns.
CREATE VIEW request_rows AS
  SELECT num, id, tenant_id, connector_id, version, checksum, config, status, requested_by,
         requested_at, expires_at, min_approvals, allow_self_approval, rule, explanation,
         installed_version, deprecated, decided_at, decided_by, reason, installed_request
  FROM install_requests;
)sql";

// Tokens that may do less than their role.
constexpr const char* kMigration10 = R"sql(
ALTER TABLE tokens ADD COLUMN read_only INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tokens ADD COLUMN connectors TEXT NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN used_from TEXT NOT NULL DEFAULT '';
)sql";

// Who may see a connector; versions in quarantine by an admin's word, and withdrawn ones; which
// versions need which connector.
constexpr const char* kMigration11 = R"sql(
ALTER TABLE connectors ADD COLUMN visible_to TEXT NOT NULL DEFAULT '[]';
CREATE INDEX connectors_not_for_everyone ON connectors (id, downloads) WHERE visible_to <> '[]';
ALTER TABLE versions ADD COLUMN visible_to TEXT NOT NULL DEFAULT '[]';
ALTER TABLE versions ADD COLUMN quarantine_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE versions ADD COLUMN withdrawn_at INTEGER;
ALTER TABLE versions ADD COLUMN withdrawal_code TEXT NOT NULL DEFAULT '';
ALTER TABLE versions ADD COLUMN withdrawal_reason TEXT NOT NULL DEFAULT '';
CREATE INDEX versions_withdrawn ON versions (checksum, size) WHERE withdrawn_at IS NOT NULL;

CREATE TABLE version_dependencies (
  dependency     TEXT NOT NULL,
  connector_id   TEXT NOT NULL,
  version        TEXT NOT NULL,
  version_range  TEXT NOT NULL,
  PRIMARY KEY (dependency, connector_id, version)
) STRICT, WITHOUT ROWID;
INSERT INTO version_dependencies (dependency, connector_id, version, version_range)
  SELECT d.key, v.connector_id, v.version, d.value
  FROM versions AS v, json_each(v.manifest, '$.dependencies') AS d
  WHERE json_type(v.manifest, '$.dependencies') = 'object' AND d.type = 'text';
)sql";

// What people approved for a tenant is kept.
constexpr const char* kMigration12 = R"sql(
CREATE INDEX install_requests_approved
  ON install_requests (connector_id, version) WHERE status = 'approved';
)sql";

constexpr auto kMigrations = std::to_array<const char*>(
    {kMigration1, kMigration2, kMigration3, kMigration4, kMigration5, kMigration6, kMigration7,
     kMigration8, kMigration9, kMigration10, kMigration11, kMigration12});

constexpr auto kNewest = static_cast<std::int64_t>(kMigrations.size());

std::int64_t schema_version(Database& database) {
  Query version = database.query("PRAGMA user_version");
  return version.step() ? version.only<std::int64_t>() : 0;
}

}  // namespace

Status check_schema_version(Database& database) {
  const std::int64_t have = schema_version(database);
  if (have <= kNewest) return {};
  return Error(ErrorCode::data_damaged,
               fmt::format("the database has schema {}, this mktd knows up to {}: it was used "
                           "by a newer mktd; start that one, or restore a backup",
                           have, kNewest));
}

Status require_newest_schema(Database& database) {
  MKT_CHECK(check_schema_version(database));
  const std::int64_t have = schema_version(database);
  if (have == kNewest) return {};
  return Error(
      ErrorCode::data_damaged,
      fmt::format("the database has schema {}, this mktd needs {}: start this mktd once on "
                  "the data folder, which brings it up to date",
                  have, kNewest));
}

Status migrate(Database& database) {
  MKT_CHECK(check_schema_version(database));
  std::int64_t have = schema_version(database);
  const std::int64_t want = kNewest;
  for (; have < want; ++have) {
    Transaction transaction(database);
    database.execute(kMigrations[static_cast<std::size_t>(have)]);
    database.execute(fmt::format("PRAGMA user_version = {}", have + 1).c_str());
    transaction.commit();
  }
  return {};
}

}  // namespace mkt
