-- A database as schema 4 left it: beside what schema_3.sql has an installation, and a request for its
-- update that one of two people has approved. Made by `.dump`.
BEGIN TRANSACTION;
CREATE TABLE approvals (
  request_num  INTEGER NOT NULL REFERENCES install_requests (num),
  approver     TEXT NOT NULL,
  approved_at  INTEGER NOT NULL,
  key_id       TEXT NOT NULL,
  signature    TEXT NOT NULL,
  PRIMARY KEY (request_num, approver)
) STRICT, WITHOUT ROWID;
INSERT INTO "approvals" VALUES(2,'alice',1795474000000,'','');
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
INSERT INTO "audit_log" VALUES(1,1795473962074,'system','','','token.create','fc978c532663','admin ');
INSERT INTO "audit_log" VALUES(2,1795473962188,'admin (token fc978c532663)','127.0.0.1','e0cecb7006e92b02','publisher.register','acme','');
INSERT INTO "audit_log" VALUES(3,1795473962188,'admin (token fc978c532663)','127.0.0.1','e0cecb7006e92b02','key.add','acme:e91ddc877ff338be','');
INSERT INTO "audit_log" VALUES(4,1795473962305,'admin (token fc978c532663)','127.0.0.1','ea9ac0c5a05974d7','version.publish','tool@1.0.0','sha256:cffeed273b3765759d93981abb9cb42edcb0822b38ea30e286cfb15af9e8904e');
INSERT INTO "audit_log" VALUES(5,1795473962340,'admin (token fc978c532663)','127.0.0.1','1bc57d462b38780d','token.create','aca78d610df8','member team');
CREATE TABLE connector_labels (
  label  TEXT NOT NULL,
  kind   TEXT NOT NULL CHECK (kind IN ('capability', 'keyword')),
  num    INTEGER NOT NULL REFERENCES connectors (num),
  PRIMARY KEY (label, kind, num)
) STRICT, WITHOUT ROWID;
INSERT INTO "connector_labels" VALUES('auth','capability',1);
INSERT INTO "connector_labels" VALUES('vcs','capability',1);
CREATE TABLE connector_owners (
  connector_id  TEXT NOT NULL REFERENCES connectors (id),
  publisher_id  TEXT NOT NULL REFERENCES publishers (id),
  added_at      INTEGER NOT NULL,
  added_seq     INTEGER NOT NULL,
  PRIMARY KEY (connector_id, publisher_id)
) STRICT, WITHOUT ROWID;
INSERT INTO "connector_owners" VALUES('tool','acme',1795473962305,4);
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
INSERT INTO "connectors" VALUES(1,'tool','acme','1.0.0','The tool','Made for a test','Tests','["auth","vcs"]',0,1795473962305,1795473962305);
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
INSERT INTO "install_requests" VALUES(1,'req_1','team','tool','1.0.0','sha256:cffeed273b3765759d93981abb9cb42edcb0822b38ea30e286cfb15af9e8904e','{}','approved','bob',1795474000000,1796078800000,2,0,'requireApprovalForCapabilities','asks for the capability auth','',0,1795474000000,'alice','');
INSERT INTO "install_requests" VALUES(2,'req_2','team','tool','1.1.0','sha256:cffeed273b3765759d93981abb9cb42edcb0822b38ea30e286cfb15af9e8904e','{}','pending','bob',1795474000000,1796078800000,2,0,'requireApprovalForCapabilities','asks for the capability auth','1.0.0',0,NULL,'','');
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
INSERT INTO "installation_events" VALUES(1,'team','tool','install','1.0.0','','req_1','approver:team',1795474000000);
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
INSERT INTO "installations" VALUES('team','tool','1.0.0','sha256:cffeed273b3765759d93981abb9cb42edcb0822b38ea30e286cfb15af9e8904e','{}','req_1','bob',1795474000000,1795474000000);
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
, revoked_by TEXT NOT NULL DEFAULT '', compromised_seq INTEGER, endorsed_by TEXT NOT NULL DEFAULT '', endorsement TEXT NOT NULL DEFAULT '', added_seq INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;
INSERT INTO "publisher_keys" VALUES('acme:e91ddc877ff338be','acme','fjHlKyvQ7NRKOfiHAnPjZfhK2C86EdNsa6kv2TtNG8E=','e91ddc877ff338be07b95ea60a90da71bee76303a28c126eb37af67e502ae0ca','active',1795473962188,NULL,NULL,'','',3,'',NULL,'','',3);
CREATE TABLE publishers (
  id            TEXT PRIMARY KEY,
  display_name  TEXT NOT NULL,
  email         TEXT NOT NULL,
  status        TEXT NOT NULL CHECK (status IN ('active', 'suspended', 'banned')),
  verified      INTEGER NOT NULL DEFAULT 0,
  created_at    INTEGER NOT NULL
, status_reason TEXT NOT NULL DEFAULT '') STRICT, WITHOUT ROWID;
INSERT INTO "publishers" VALUES('acme','acme','acme@acme.example','active',0,1795473962188,'');
CREATE TABLE tenant_policies (
  tenant_id  TEXT NOT NULL,
  revision   INTEGER NOT NULL,
  document   TEXT NOT NULL,
  set_at     INTEGER NOT NULL,
  set_by     TEXT NOT NULL,
  PRIMARY KEY (tenant_id, revision)
) STRICT, WITHOUT ROWID;
CREATE TABLE "tokens" (
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
INSERT INTO "tokens" VALUES('aca78d610df8','b953dca3ca811d55a7db546699fd3465a78707d65873f5a75c9c83d767b2be25','bob','member','team',1795473962340,NULL,NULL);
INSERT INTO "tokens" VALUES('fc978c532663','422cd89084557e1d3ce1ef3fc71ff8c10e5d48704535f68ccf3957c251f04da2','first admin','admin','',1795473962074,NULL,1795473962176);
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
  seq                 INTEGER NOT NULL, signature_seq INTEGER NOT NULL DEFAULT 0, capabilities TEXT NOT NULL DEFAULT '[]', policy_classes TEXT NOT NULL DEFAULT '[]',
  PRIMARY KEY (connector_id, version)
) STRICT, WITHOUT ROWID;
INSERT INTO "versions" VALUES('tool','1.0.0','{"manifestVersion":"1.0","id":"tool","version":"1.0.0","displayName":"The tool","description":"Made for a test","author":"Tests","license":"Apache-2.0","entrypoint":"index.js","capabilities":["auth","vcs"],"tools":[{"name":"t","policyClass":"READ"},{"name":"d","policyClass":"DESTRUCTIVE"}]}','sha256:cffeed273b3765759d93981abb9cb42edcb0822b38ea30e286cfb15af9e8904e',422,'{"version":"1.0","keyId":"acme:e91ddc877ff338be","algorithm":"ed25519","checksum":"sha256:cffeed273b3765759d93981abb9cb42edcb0822b38ea30e286cfb15af9e8904e","signature":"2mN50EGOqM8Z7bO6R9VD+Q/fcAIi+23lacRNCxxycJL/TAop3MZZz1yzDSAN0LC2lBovbqAb8fLciRd4WmhlCw==","signedAt":"2026-11-23T22:46:02.286Z"}','acme:e91ddc877ff338be',1795473962305,'acme',0,0,0,'',0,4,4,'["auth","vcs"]','["READ","DESTRUCTIVE"]');
INSERT INTO "versions" VALUES('tool','1.1.0','{"manifestVersion":"1.0","id":"tool","version":"1.1.0","displayName":"The tool","description":"Made for a test","author":"Tests","license":"Apache-2.0","entrypoint":"index.js","capabilities":["auth","vcs"],"tools":[{"name":"t","policyClass":"READ"},{"name":"d","policyClass":"DESTRUCTIVE"}]}','sha256:cffeed273b3765759d93981abb9cb42edcb0822b38ea30e286cfb15af9e8904e',422,'{"version":"1.0","keyId":"acme:e91ddc877ff338be","algorithm":"ed25519","checksum":"sha256:cffeed273b3765759d93981abb9cb42edcb0822b38ea30e286cfb15af9e8904e","signature":"2mN50EGOqM8Z7bO6R9VD+Q/fcAIi+23lacRNCxxycJL/TAop3MZZz1yzDSAN0LC2lBovbqAb8fLciRd4WmhlCw==","signedAt":"2026-11-23T22:46:02.286Z"}','acme:e91ddc877ff338be',1795473962305,'acme',0,0,0,'',0,4,4,'["auth","vcs"]','["READ","DESTRUCTIVE"]');
CREATE TABLE webhook_cursors (
  name  TEXT PRIMARY KEY,
  seq   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER audit_log_is_never_changed BEFORE UPDATE ON audit_log
  BEGIN SELECT RAISE(ABORT, 'the audit log is append only'); END;
CREATE TRIGGER audit_log_is_never_deleted BEFORE DELETE ON audit_log
  BEGIN SELECT RAISE(ABORT, 'the audit log is append only'); END;
CREATE INDEX publisher_keys_by_publisher ON publisher_keys (publisher_id, created_at);
CREATE INDEX publisher_keys_by_change ON publisher_keys (changed_seq);
CREATE INDEX connector_labels_by_connector ON connector_labels (num);
CREATE INDEX versions_by_seq ON versions (connector_id, seq);
CREATE INDEX versions_by_checksum ON versions (checksum);
CREATE INDEX versions_by_key ON versions (signing_key_id, signature_seq);
CREATE INDEX audit_log_by_time ON audit_log (at);
CREATE UNIQUE INDEX install_requests_pending
  ON install_requests (tenant_id, connector_id, version) WHERE status = 'pending';
CREATE INDEX install_requests_by_wish
  ON install_requests (tenant_id, connector_id, version, num);
CREATE INDEX install_requests_by_tenant ON install_requests (tenant_id, num);
CREATE INDEX install_requests_by_status ON install_requests (tenant_id, status, num);
CREATE INDEX install_requests_by_end ON install_requests (expires_at) WHERE status = 'pending';
CREATE INDEX install_requests_pending_by_version
  ON install_requests (connector_id, version) WHERE status = 'pending';
CREATE INDEX installations_by_version ON installations (connector_id, version);
CREATE INDEX installation_events_by_connector
  ON installation_events (tenant_id, connector_id, num);
CREATE INDEX idempotency_keys_by_end ON idempotency_keys (expires_at);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('audit_log',5);
COMMIT;
