// Times are UTC milliseconds, checksums "sha256:" and hex, flags 0 or 1. Documents are text, not
// jsonb: they are kept byte by byte.
//
// No triggers, no sequences, no advisory locks, no NOTIFY (scripts/check-sql): what must be right
// rests on row locks and on log_head alone.
#include "daemon/store/postgres/schema.h"

#include "daemon/store/postgres/upgrade.h"

#include <fmt/format.h>

#include <string>

namespace mkt::postgres {
namespace {

constexpr const char* kTables = R"sql(
BEGIN;

-- The last step that was made here, and the last that a daemon must know (upgrade.h).
CREATE TABLE schema_version (
  id       int PRIMARY KEY CHECK (id = 1),
  version  bigint NOT NULL,
  oldest   bigint NOT NULL
);
INSERT INTO schema_version VALUES (1, 1, 1);

-- Where all numbers come from (flight.h). `seq` is the newest entry of the log, `num` the newest row
-- that is listed in the order of commits, `at` the newest entry's time. `era` counts how often
-- history was lost, since `era_at` by this server's clock (membership.h). `mirrored` says whether
-- changes go into the outbox. `moved_to` says where the marketplace was moved to, if it was
-- (postgres_rows_end.h): then the log ends at moved_seq, and no change can commit any more. The one
-- row is updated by every change, so its page keeps room for that.
CREATE TABLE log_head (
  id         int PRIMARY KEY CHECK (id = 1),
  seq        bigint NOT NULL,
  num        bigint NOT NULL,
  at         bigint NOT NULL,
  era        bigint NOT NULL,
  era_at     bigint NOT NULL DEFAULT 0,
  mirrored   bigint NOT NULL DEFAULT 0,
  moved_to   text NOT NULL DEFAULT '',
  moved_seq  bigint,
  moved_num  bigint,
  CHECK (moved_seq IS NULL OR (moved_seq = seq AND moved_num = num))
) WITH (fillfactor = 10);
INSERT INTO log_head VALUES (1, 0, 0, 0, 1);

-- One row an attempt of a change (tickets.h); entries = -1 where the attempt can never commit.
CREATE TABLE tickets (
  id       text PRIMARY KEY,
  made_at  bigint NOT NULL,
  seq      bigint NOT NULL,
  entries  bigint NOT NULL,
  settled  bigint NOT NULL DEFAULT 0
);
CREATE INDEX tickets_by_time ON tickets (made_at);

-- The daemons that serve this database (membership.h): how far each has followed the log, and until
-- when it may answer from memory, by this server's clock. `known` is the last step of the schema that it
-- knows (upgrade.h).
CREATE TABLE daemons (
  id          text PRIMARY KEY,
  host        text NOT NULL,
  url         text NOT NULL DEFAULT '',
  version     text NOT NULL,
  settings    text NOT NULL,
  known       bigint NOT NULL,
  started_at  bigint NOT NULL,
  applied     bigint NOT NULL,
  until       bigint NOT NULL
) WITH (fillfactor = 50);

-- What one daemon does at a time (job_leases.h), which of them, and until when, by this server's
-- clock. Each time another one gets the job, the term grows.
CREATE TABLE job_leases (
  name    text PRIMARY KEY,
  holder  text NOT NULL,
  term    bigint NOT NULL,
  until   bigint NOT NULL
) WITH (fillfactor = 50);

-- What every daemon must have the same: made once, by the first that needs it.
CREATE TABLE secrets (
  name   text PRIMARY KEY,
  value  text NOT NULL
);

-- What a tarball is held by. `removed` while it is being removed, and for a while after that
-- (records/removals.h); `removals` counts how often that was.
CREATE TABLE blobs (
  checksum    text PRIMARY KEY,
  removed     smallint NOT NULL DEFAULT 0,
  removals    bigint NOT NULL DEFAULT 0,
  removed_at  bigint
);
CREATE INDEX blobs_removed ON blobs (checksum) WHERE removed = 1;

-- What a tenant is held by.
CREATE TABLE tenants (
  id  text PRIMARY KEY
);

-- The registry's own order of events: append only. `touches` tells other daemons what the change made
-- stale (touches_text.h); it stands with the change's last entry.
CREATE TABLE audit_log (
  seq         bigint PRIMARY KEY,
  at          bigint NOT NULL,
  actor       text NOT NULL,
  address     text NOT NULL,
  request_id  text NOT NULL,
  action      text NOT NULL,
  subject     text NOT NULL,
  document    text NOT NULL DEFAULT '{}',
  touches     text NOT NULL DEFAULT ''
);
CREATE INDEX audit_log_by_time ON audit_log (at);
REVOKE UPDATE, DELETE, TRUNCATE ON audit_log FROM CURRENT_USER;

CREATE TABLE publishers (
  id             text PRIMARY KEY,
  display_name   text NOT NULL,
  email          text NOT NULL,
  status         text NOT NULL CHECK (status IN ('active', 'suspended', 'banned')),
  verified       smallint NOT NULL DEFAULT 0,
  created_at     bigint NOT NULL,
  status_reason  text NOT NULL DEFAULT ''
);

CREATE TABLE publisher_keys (
  key_id           text PRIMARY KEY,
  publisher_id     text NOT NULL REFERENCES publishers (id),
  public_key       text NOT NULL,
  fingerprint      text NOT NULL UNIQUE,
  status           text NOT NULL CHECK (status IN ('active', 'retired', 'revoked')),
  created_at       bigint NOT NULL,
  expires_at       bigint,
  revoked_at       bigint,
  reason_code      text NOT NULL DEFAULT '',
  reason           text NOT NULL DEFAULT '',
  changed_seq      bigint NOT NULL,
  revoked_by       text NOT NULL DEFAULT '',
  compromised_seq  bigint,
  endorsed_by      text NOT NULL DEFAULT '',
  endorsement      text NOT NULL DEFAULT '',
  added_seq        bigint NOT NULL DEFAULT 0,
  alias            text NOT NULL DEFAULT ''
);
CREATE INDEX publisher_keys_by_publisher ON publisher_keys (publisher_id, created_at);
CREATE INDEX publisher_keys_by_change ON publisher_keys (changed_seq);
CREATE UNIQUE INDEX publisher_keys_by_alias ON publisher_keys (alias) WHERE alias <> '';

CREATE TABLE connectors (
  num             bigint NOT NULL UNIQUE,
  id              text PRIMARY KEY,
  owner           text NOT NULL REFERENCES publishers (id),
  latest_version  text NOT NULL,
  display_name    text NOT NULL,
  description     text NOT NULL,
  author          text NOT NULL,
  capabilities    text NOT NULL,
  downloads       bigint NOT NULL DEFAULT 0,
  created_at      bigint NOT NULL,
  updated_at      bigint NOT NULL,
  visible_to      text NOT NULL DEFAULT '[]'
);
CREATE INDEX connectors_not_for_everyone ON connectors (id) WHERE visible_to <> '[]';
CREATE INDEX connectors_by_owner ON connectors (owner);

-- What search filters by: capabilities, and keywords for the older protocol's categories.
CREATE TABLE connector_labels (
  label  text NOT NULL,
  kind   text NOT NULL CHECK (kind IN ('capability', 'keyword')),
  num    bigint NOT NULL REFERENCES connectors (num),
  PRIMARY KEY (num, kind, label)
);

CREATE TABLE connector_owners (
  connector_id  text NOT NULL REFERENCES connectors (id),
  publisher_id  text NOT NULL REFERENCES publishers (id),
  added_at      bigint NOT NULL,
  added_seq     bigint NOT NULL,
  PRIMARY KEY (connector_id, publisher_id)
);

-- The manifest and the signature file are in version_files, so that locks and flags touch small
-- rows. `signed_as` is the key's name in the signature file.
CREATE TABLE versions (
  connector_id        text NOT NULL REFERENCES connectors (id),
  version             text NOT NULL,
  checksum            text NOT NULL,
  size                bigint NOT NULL,
  signing_key_id      text NOT NULL REFERENCES publisher_keys (key_id),
  signed_as           text NOT NULL,
  published_at        bigint NOT NULL,
  published_by        text NOT NULL REFERENCES publishers (id),
  downloads           bigint NOT NULL DEFAULT 0,
  prerelease          smallint NOT NULL,
  deprecated          smallint NOT NULL DEFAULT 0,
  deprecation_reason  text NOT NULL DEFAULT '',
  quarantined         smallint NOT NULL DEFAULT 0,
  seq                 bigint NOT NULL,
  signature_seq       bigint NOT NULL,
  capabilities        text NOT NULL DEFAULT '[]',
  policy_classes      text NOT NULL DEFAULT '[]',
  visible_to          text NOT NULL DEFAULT '[]',
  quarantine_reason   text NOT NULL DEFAULT '',
  withdrawn_at        bigint,
  withdrawal_code     text NOT NULL DEFAULT '',
  withdrawal_reason   text NOT NULL DEFAULT '',
  PRIMARY KEY (connector_id, version)
);
CREATE INDEX versions_by_seq ON versions (connector_id, seq);
CREATE INDEX versions_by_checksum ON versions (checksum);
CREATE INDEX versions_by_key ON versions (signing_key_id, signature_seq);

CREATE TABLE version_files (
  connector_id  text NOT NULL,
  version       text NOT NULL,
  manifest      text NOT NULL,
  signature     text NOT NULL,
  PRIMARY KEY (connector_id, version),
  FOREIGN KEY (connector_id, version) REFERENCES versions (connector_id, version)
);

-- Which versions need which connector.
CREATE TABLE version_dependencies (
  dependency     text NOT NULL,
  connector_id   text NOT NULL,
  version        text NOT NULL,
  version_range  text NOT NULL,
  PRIMARY KEY (dependency, connector_id, version),
  FOREIGN KEY (connector_id, version) REFERENCES versions (connector_id, version)
);

CREATE TABLE tokens (
  id            text PRIMARY KEY,
  hash          text NOT NULL,
  name          text NOT NULL,
  role          text NOT NULL
                CHECK (role IN ('admin', 'publisher', 'tenant-admin', 'member', 'approver')),
  subject       text NOT NULL,
  created_at    bigint NOT NULL,
  expires_at    bigint,
  last_used_at  bigint,
  read_only     bigint NOT NULL DEFAULT 0,
  connectors    text NOT NULL DEFAULT '',
  used_from     text NOT NULL DEFAULT ''
);

-- One row a revision, never changed; the highest is in force.
CREATE TABLE tenant_policies (
  tenant_id  text NOT NULL,
  revision   bigint NOT NULL,
  document   text NOT NULL,
  set_at     bigint NOT NULL,
  set_by     text NOT NULL,
  PRIMARY KEY (tenant_id, revision)
);

CREATE TABLE install_requests (
  num                  bigint PRIMARY KEY,
  id                   text NOT NULL UNIQUE,
  tenant_id            text NOT NULL,
  connector_id         text NOT NULL,
  version              text NOT NULL,
  checksum             text NOT NULL,
  config               text NOT NULL,
  status               text NOT NULL
                       CHECK (status IN ('pending', 'approved', 'denied', 'expired', 'cancelled')),
  requested_by         text NOT NULL,
  requested_at         bigint NOT NULL,
  expires_at           bigint NOT NULL,
  min_approvals        bigint NOT NULL,
  allow_self_approval  smallint NOT NULL,
  rule                 text NOT NULL,
  explanation          text NOT NULL,
  installed_version    text NOT NULL,
  deprecated           smallint NOT NULL,
  decided_at           bigint,
  decided_by           text NOT NULL DEFAULT '',
  reason               text NOT NULL DEFAULT '',
  installed_request    text NOT NULL DEFAULT '',
  FOREIGN KEY (connector_id, version) REFERENCES versions (connector_id, version)
);
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
CREATE INDEX install_requests_approved
  ON install_requests (connector_id, version) WHERE status = 'approved';

-- Every statement that reads install requests wants these columns.
CREATE VIEW request_rows AS
  SELECT num, id, tenant_id, connector_id, version, checksum, config, status, requested_by,
         requested_at, expires_at, min_approvals, allow_self_approval, rule, explanation,
         installed_version, deprecated, decided_at, decided_by, reason, installed_request
  FROM install_requests;

CREATE TABLE approvals (
  request_num  bigint NOT NULL REFERENCES install_requests (num),
  approver     text NOT NULL,
  approved_at  bigint NOT NULL,
  key_id       text NOT NULL,
  signature    text NOT NULL,
  token_id     text NOT NULL DEFAULT '',
  PRIMARY KEY (request_num, approver)
);
CREATE INDEX approvals_by_token ON approvals (token_id) WHERE token_id <> '';

CREATE TABLE installations (
  tenant_id     text NOT NULL,
  connector_id  text NOT NULL,
  version       text NOT NULL,
  checksum      text NOT NULL,
  config        text NOT NULL,
  request_id    text NOT NULL REFERENCES install_requests (id),
  installed_by  text NOT NULL,
  installed_at  bigint NOT NULL,
  updated_at    bigint NOT NULL,
  PRIMARY KEY (tenant_id, connector_id)
);
CREATE INDEX installations_by_version ON installations (connector_id, version);

CREATE TABLE installation_events (
  num               bigint PRIMARY KEY,
  tenant_id         text NOT NULL,
  connector_id      text NOT NULL,
  action            text NOT NULL CHECK (action IN ('install', 'update', 'uninstall')),
  version           text NOT NULL,
  previous_version  text NOT NULL,
  request_id        text NOT NULL,
  actor             text NOT NULL,
  at                bigint NOT NULL
);
CREATE INDEX installation_events_by_connector
  ON installation_events (tenant_id, connector_id, num);
CREATE INDEX installation_events_by_tenant ON installation_events (tenant_id, num);

-- The row commits with the change that was asked for under the key; the answer follows it, status 0
-- until then.
CREATE TABLE idempotency_keys (
  scope         text NOT NULL,
  key           text NOT NULL,
  request_hash  text NOT NULL,
  request_id    text NOT NULL,
  expires_at    bigint NOT NULL,
  status        bigint NOT NULL DEFAULT 0,
  content_type  text NOT NULL DEFAULT '',
  body          text NOT NULL DEFAULT '',
  PRIMARY KEY (scope, key)
);
CREATE INDEX idempotency_keys_by_end ON idempotency_keys (expires_at);
CREATE INDEX idempotency_keys_by_scope ON idempotency_keys (scope, expires_at);

-- How far each webhook was told of the audit log.
CREATE TABLE webhook_cursors (
  name  text PRIMARY KEY,
  seq   bigint NOT NULL
);

-- Changes that the mirror has still to be told of, in their order; a document may stand there several
-- times. `key` is a JSON array; `parked` says why the mirror refused it.
CREATE TABLE outbox (
  seq     bigint PRIMARY KEY,
  kind    text NOT NULL,
  key     text NOT NULL,
  at      bigint NOT NULL,
  parked  text NOT NULL DEFAULT ''
);
CREATE INDEX outbox_parked ON outbox (kind, key) WHERE parked <> '';

CREATE TABLE mirror_state (
  name   text PRIMARY KEY,
  value  text NOT NULL
);

COMMIT;
)sql";

constexpr std::string_view kDuplicateTable = "42P07", kUndefinedTable = "42P01";

Error wrong_database(std::string message) {
  return Error(ErrorCode::invalid_input, std::move(message));
}

// A daemon can do without the contract steps that it knows.
std::int64_t needed_version() {
  std::int64_t needed = 1;
  for (const UpgradeStep& step : upgrade_steps()) {
    if (step.kind == UpgradeStep::Kind::expand) needed = step.version;
  }
  return needed;
}

Status check_version(Connection& connection, PgDeadline deadline) {
  const PgStatement version("SELECT version, oldest FROM schema_version WHERE id = 1");
  PgAnswers answers = connection.exchange({&version, 1}, deadline);
  if (answers.failure && answers.failure->state == kUndefinedTable) {
    return Error(ErrorCode::data_damaged,
                 "the database has no tables of mktd; make them with: mktd init --database URL");
  }
  if (answers.failure) return error_of(*answers.failure);
  std::int64_t have = 0, oldest = 0;
  if (answers.rows[0].size() == 1) answers.rows[0][0].get(have, oldest);
  if (oldest > kSchemaVersion) {
    return Error(ErrorCode::data_damaged,
                 fmt::format("the database has schema {}, and daemons must know schema {}; this "
                             "mktd knows {}: start a newer mktd, or restore a backup",
                             have, oldest, kSchemaVersion));
  }
  if (have >= needed_version()) return {};
  return Error(ErrorCode::data_damaged,
               fmt::format("the database has schema {}, this mktd needs {}; run: mktd migrate "
                           "--upgrade --database URL",
                           have, needed_version()));
}

Status check_not_moved(Connection& connection, PgDeadline deadline) {
  const PgStatement look("SELECT moved_to FROM log_head WHERE id = 1 AND moved_to <> ''");
  PgAnswers answers = connection.exchange({&look, 1}, deadline);
  if (answers.failure) return error_of(*answers.failure);
  if (answers.rows[0].size() == 0) return {};
  return Error(ErrorCode::data_moved,
               fmt::format("the marketplace of this database was moved to {}; start mktd there",
                           answers.rows[0][0].only<std::string>()));
}

Status check_server(Connection& connection, PgDeadline deadline) {
  // How the database sorts is tried: the collation's name is not enough. Whoever sorts by language
  // has a small letter before a large one, or skips the space.
  const PgStatement look(R"sql(
      SELECT current_setting('server_encoding'),
             CAST(('Z' < 'a') AND ('a b' < 'aB') AND ('~' < 'é') AS int),
             current_setting('fsync'), current_setting('synchronous_commit'))sql");
  PgAnswers answers = connection.exchange({&look, 1}, deadline);
  if (answers.failure) return error_of(*answers.failure);
  std::string encoding, fsync, synchronous_commit;
  bool sorts_by_bytes = false;
  answers.rows[0][0].get(encoding, sorts_by_bytes, fsync, synchronous_commit);
  if (encoding != "UTF8") {
    return wrong_database(
        fmt::format("the database has the encoding {}; create it with: ENCODING 'UTF8'", encoding));
  }
  if (!sorts_by_bytes) {
    return wrong_database(
        "the database sorts by a language; create it with: LC_COLLATE 'C' TEMPLATE template0");
  }
  if (fsync != "on") {
    return wrong_database("the database server has fsync off, and would lose answered changes");
  }
  if (synchronous_commit == "off") {
    return wrong_database(
        "the database has synchronous_commit off, and would lose answered changes");
  }
  return {};
}

}  // namespace

Status create_schema(Connection& connection, PgDeadline deadline) {
  MKT_CHECK(check_server(connection, deadline));
  const auto failure = connection.run_script(kTables, deadline);
  if (!failure) return {};
  // The transaction that BEGIN has opened.
  connection.post(PgStatement("ROLLBACK"));
  if (failure->state != kDuplicateTable) return error_of(*failure);
  return Error(ErrorCode::target_exists, "the database has tables of mktd already");
}

Status check_schema(Connection& connection, PgDeadline deadline) {
  MKT_CHECK(check_server(connection, deadline));
  MKT_CHECK(check_version(connection, deadline));
  return check_not_moved(connection, deadline);
}

}  // namespace mkt::postgres
