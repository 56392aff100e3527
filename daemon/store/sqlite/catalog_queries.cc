// The SQL of connectors and versions; see catalog_queries.h.
#include "daemon/store/sqlite/catalog_queries.h"

#include <fmt/format.h>

#include "common/base/json.h"
#include "common/connector/manifest.h"
#include "common/connector/version.h"
#include "daemon/rules/key_rules.h"
#include "daemon/store/sqlite/key_queries.h"
#include "daemon/store/sqlite/log_queries.h"
#include "daemon/store/sqlite/owner_queries.h"

namespace mkt::catalog_queries {
namespace {

struct ConnectorHead {
  std::int64_t num;
  std::string owner;
  std::string latest_version;
};

std::optional<ConnectorHead> connector_head(Database& db, std::string_view id) {
  Query row = db.query("SELECT num, owner, latest_version FROM connectors WHERE id = ?");
  if (!row.bind(id).step()) return std::nullopt;
  return ConnectorHead{row.number(0), row.text(1), row.text(2)};
}

// `latest` is the highest release, or the highest prerelease while there is no release; one that is
// in quarantine only while there is no other.
bool becomes_latest(const VersionRecord& candidate, const VersionRecord& current) {
  if (candidate.quarantined != current.quarantined) return current.quarantined;
  const auto a = Version::parse(candidate.version);
  const auto b = Version::parse(current.version);
  if (!a || !b) return !b;
  if (a->is_prerelease() != b->is_prerelease()) return !a->is_prerelease();
  return compare_precedence(*a, *b) > 0;
}

// The key may sign now, is that publisher's, and the publisher is an owner or the first.
Status check_signer(Database& db, const VersionRecord& v, const std::optional<ConnectorHead>& head,
                    UtcTime now) {
  MKT_TRY(const KeyRecord key, key_queries::require_signer(db, v.signing_key_id, now));
  if (key.publisher_id != v.published_by) return unknown_key(v.signing_key_id);
  if (head && !owner_queries::is_owner(db, v.connector_id, v.published_by)) {
    return Error(
        ErrorCode::not_owner,
        fmt::format("{} belongs to the publisher {}; {} may not publish it; an owner can "
                    "change that: mkt owner add {} {}",
                    v.connector_id, head->owner, v.published_by, v.connector_id, v.published_by));
  }
  return {};
}

std::int64_t insert_connector(Database& db, const NewVersion& n) {
  db.query(R"sql(
      INSERT INTO connectors
        (id, owner, latest_version, display_name, description, author, capabilities, created_at,
         updated_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?))sql")
      .bind(n.version.connector_id)
      .bind(n.version.published_by)
      .bind(n.version.version)
      .bind(n.display_name)
      .bind(n.description)
      .bind(n.author)
      .bind(dump_json(n.capabilities))
      .bind(n.version.published_at)
      .bind(n.version.published_at)
      .run();
  return db.last_row_id();
}

void update_connector(Database& db, std::int64_t num, const NewVersion& n) {
  db.query(R"sql(
      UPDATE connectors
      SET latest_version = ?, display_name = ?, description = ?, author = ?, capabilities = ?
      WHERE num = ?)sql")
      .bind(n.version.version)
      .bind(n.display_name)
      .bind(n.description)
      .bind(n.author)
      .bind(dump_json(n.capabilities))
      .bind(num)
      .run();
}

// Search shows and finds what the latest version says of itself.
void label_connector(Database& db, std::int64_t num, const NewVersion& n) {
  db.query("DELETE FROM connector_labels WHERE num = ?").bind(num).run();
  const auto add_label = [&](const std::string& label, std::string_view kind) {
    db.query("INSERT OR IGNORE INTO connector_labels (label, kind, num) VALUES (?, ?, ?)")
        .bind(label)
        .bind(kind)
        .bind(num)
        .run();
  };
  for (const std::string& word : n.capabilities) add_label(word, "capability");
  for (const std::string& word : n.keywords) add_label(word, "keyword");
}

void insert_version(Database& db, const VersionRecord& v) {
  db.query(R"sql(
      INSERT INTO versions
        (connector_id, version, manifest, checksum, size, signature, signing_key_id, published_at,
         published_by, prerelease, seq, signature_seq, capabilities, policy_classes)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?))sql")
      .bind(v.connector_id)
      .bind(v.version)
      .bind(v.manifest)
      .bind(v.checksum)
      .bind(static_cast<std::int64_t>(v.size))
      .bind(v.signature)
      .bind(v.signing_key_id)
      .bind(v.published_at)
      .bind(v.published_by)
      .bind(v.prerelease)
      .bind(v.seq)
      .bind(v.signature_seq)
      .bind(dump_json(v.capabilities))
      .bind(dump_json(v.policy_classes))
      .run();
}

// Our own, written by dump_json.
std::vector<std::string> words_column(const Query& row, int column) {
  return Json::parse(row.text(column)).get<std::vector<std::string>>();
}

// Column order of every SELECT on versions below.
#define MKT_VERSION_COLUMNS                                                                  \
  "connector_id, version, checksum, size, signing_key_id, published_at, published_by, "      \
  "downloads, prerelease, deprecated, deprecation_reason, quarantined, seq, signature_seq, " \
  "capabilities, policy_classes"
// After them, where the signer is shown.
#define MKT_SIGNER_COLUMNS                                        \
  "coalesce(json_extract(signature, '$.keyId'), signing_key_id)," \
  "(SELECT fingerprint FROM publisher_keys WHERE key_id = signing_key_id)"

VersionRecord version_row(const Query& row) {
  VersionRecord v;
  v.connector_id = row.text(0);
  v.version = row.text(1);
  v.checksum = row.text(2);
  v.size = static_cast<std::uint64_t>(row.number(3));
  v.signing_key_id = row.text(4);
  v.published_at = row.time(5);
  v.published_by = row.text(6);
  v.downloads = row.number(7);
  v.prerelease = row.flag(8);
  v.deprecated = row.flag(9);
  v.deprecation_reason = row.text(10);
  v.quarantined = row.flag(11);
  v.seq = row.number(12);
  v.signature_seq = row.number(13);
  v.capabilities = words_column(row, 14);
  v.policy_classes = words_column(row, 15);
  return v;
}

VersionRecord version_row_with_signer(const Query& row) {
  VersionRecord v = version_row(row);
  v.signed_as = row.text(16);
  v.key_fingerprint = row.text(17);
  return v;
}

// What the connector shows of its latest version, out of that version's manifest.
NewVersion described_by(Database& db, const VersionRecord& head) {
  NewVersion n;
  n.version = head;
  const auto whole = version(db, head.connector_id, head.version);
  const auto manifest = Manifest::parse_older(whole ? whole->manifest : std::string());
  if (!manifest) return n;
  n.display_name = manifest->display_name();
  n.description = manifest->description();
  n.author = manifest->author();
  n.capabilities = manifest->capabilities();
  n.keywords = manifest->keywords();
  return n;
}

}  // namespace

void choose_latest(Database& db, std::string_view connector_id) {
  const auto head = connector_head(db, connector_id);
  if (!head) return;
  const auto all = versions_of(db, connector_id);
  if (all.empty()) return;
  const VersionRecord* latest = &all[0];
  for (const VersionRecord& v : all) {
    if (becomes_latest(v, *latest)) latest = &v;
  }
  if (latest->version == head->latest_version) return;
  const NewVersion n = described_by(db, *latest);
  update_connector(db, head->num, n);
  label_connector(db, head->num, n);
}

void leave_quarantined_latest(Database& db) {
  std::vector<std::string> ids;
  Query row = db.query(R"sql(
      SELECT c.id FROM connectors AS c
      JOIN versions AS v ON v.connector_id = c.id AND v.version = c.latest_version
      WHERE v.quarantined = 1)sql");
  while (row.step()) ids.push_back(row.text(0));
  for (const std::string& id : ids) choose_latest(db, id);
}

Result<Store::Published> publish(Database& db, const NewVersion& n, const Actor& actor) {
  VersionRecord v = n.version;
  const auto head = connector_head(db, v.connector_id);
  MKT_CHECK(check_signer(db, v, head, v.published_at));
  if (auto existing = version(db, v.connector_id, v.version)) {
    if (existing->checksum == v.checksum) return Store::Published{std::move(*existing), false};
    return Error(ErrorCode::version_exists,
                 fmt::format("{}@{} is published already with other bytes ({}); a published "
                             "version never changes, so raise the version",
                             v.connector_id, v.version, existing->checksum));
  }
  v.seq =
      append_to_log(db, actor, "version.publish", fmt::format("{}@{}", v.connector_id, v.version),
                    v.checksum, v.published_at);
  v.signature_seq = v.seq;
  std::int64_t num = 0;
  if (!head) {
    num = insert_connector(db, n);
    owner_queries::insert(db, v.connector_id, v.published_by, v.published_at, v.seq);
    label_connector(db, num, n);
  } else {
    num = head->num;
    db.query("UPDATE connectors SET updated_at = ? WHERE num = ?")
        .bind(v.published_at)
        .bind(num)
        .run();
    const auto latest = version_head(db, v.connector_id, head->latest_version);
    if (!latest || becomes_latest(v, *latest)) {
      update_connector(db, num, n);
      label_connector(db, num, n);
    }
  }
  insert_version(db, v);
  return Store::Published{std::move(v), true};
}

std::optional<ConnectorRecord> connector(Database& db, std::string_view id) {
  Query row = db.query(R"sql(
      SELECT id, owner, latest_version, display_name, description, author, capabilities, downloads,
             created_at, updated_at
      FROM connectors WHERE id = ?)sql");
  if (!row.bind(id).step()) return std::nullopt;
  ConnectorRecord c;
  c.id = row.text(0);
  c.owner = row.text(1);
  c.latest_version = row.text(2);
  c.display_name = row.text(3);
  c.description = row.text(4);
  c.author = row.text(5);
  c.capabilities = Json::parse(row.text(6)).get<std::vector<std::string>>();
  c.downloads = row.number(7);
  c.created_at = row.time(8);
  c.updated_at = row.time(9);
  return c;
}

std::vector<VersionRecord> versions_of(Database& db, std::string_view connector_id) {
  Query row = db.query("SELECT " MKT_VERSION_COLUMNS ", " MKT_SIGNER_COLUMNS
                       " FROM versions WHERE connector_id = ? ORDER BY seq DESC");
  row.bind(connector_id);
  std::vector<VersionRecord> all;
  while (row.step()) all.push_back(version_row_with_signer(row));
  return all;
}

std::optional<VersionRecord> version(Database& db, std::string_view connector_id,
                                     std::string_view version) {
  Query row =
      db.query("SELECT " MKT_VERSION_COLUMNS ", " MKT_SIGNER_COLUMNS
               ", manifest, signature FROM versions WHERE connector_id = ? AND version = ?");
  if (!row.bind(connector_id).bind(version).step()) return std::nullopt;
  VersionRecord v = version_row_with_signer(row);
  v.manifest = row.text(18);
  v.signature = row.text(19);
  return v;
}

std::optional<VersionRecord> version_head(Database& db, std::string_view connector_id,
                                          std::string_view version) {
  Query row = db.query("SELECT " MKT_VERSION_COLUMNS
                       " FROM versions WHERE connector_id = ? AND version = ?");
  if (!row.bind(connector_id).bind(version).step()) return std::nullopt;
  return version_row(row);
}

Status set_deprecated(Database& db, std::string_view connector_id, std::string_view version,
                      const std::optional<std::string>& reason, UtcTime at, const Actor& actor) {
  const auto before = version_head(db, connector_id, version);
  const std::string subject = fmt::format("{}@{}", connector_id, version);
  if (!before) {
    return Error(ErrorCode::version_not_found, fmt::format("there is no {}", subject));
  }
  if (before->deprecated == reason.has_value() &&
      before->deprecation_reason == reason.value_or("")) {
    return {};
  }
  append_to_log(db, actor, reason ? "version.deprecate" : "version.undeprecate", subject,
                reason.value_or(""), at);
  db.query(R"sql(
      UPDATE versions SET deprecated = ?, deprecation_reason = ?
      WHERE connector_id = ? AND version = ?)sql")
      .bind(reason.has_value())
      .bind(reason.value_or(""))
      .bind(connector_id)
      .bind(version)
      .run();
  return {};
}

std::vector<VersionRecord> signed_since(Database& db, std::string_view key_id, std::int64_t seq) {
  Query row = db.query("SELECT " MKT_VERSION_COLUMNS
                       " FROM versions WHERE signing_key_id = ? AND signature_seq >= ? AND "
                       "quarantined = 0 ORDER BY signature_seq");
  row.bind(key_id).bind(seq);
  std::vector<VersionRecord> all;
  while (row.step()) all.push_back(version_row(row));
  return all;
}

void quarantine(Database& db, const VersionRecord& v, UtcTime at, const Actor& actor) {
  db.query("UPDATE versions SET quarantined = 1 WHERE connector_id = ? AND version = ?")
      .bind(v.connector_id)
      .bind(v.version)
      .run();
  append_to_log(db, actor, "version.quarantine", fmt::format("{}@{}", v.connector_id, v.version),
                v.signing_key_id + " is compromised", at);
}

Status countersign(Database& db, const VersionRecord& v, UtcTime at, const Actor& actor) {
  const auto head = connector_head(db, v.connector_id);
  MKT_CHECK(check_signer(db, v, head, at));
  const auto now_there = version(db, v.connector_id, v.version);
  if (!now_there) {
    return Error(ErrorCode::version_not_found,
                 fmt::format("there is no {}@{}", v.connector_id, v.version));
  }
  if (now_there->checksum != v.checksum) {
    return Error(ErrorCode::checksum_mismatch,
                 fmt::format("the signature is over {}; {}@{} has {}", v.checksum, v.connector_id,
                             v.version, now_there->checksum));
  }
  const std::int64_t seq = append_to_log(
      db, actor, "version.countersign", fmt::format("{}@{}", v.connector_id, v.version),
      fmt::format("{} in the place of {}", v.signing_key_id, now_there->signing_key_id), at);
  db.query(R"sql(
      UPDATE versions
      SET signature = ?, signing_key_id = ?, signature_seq = ?, quarantined = 0
      WHERE connector_id = ? AND version = ?)sql")
      .bind(v.signature)
      .bind(v.signing_key_id)
      .bind(seq)
      .bind(v.connector_id)
      .bind(v.version)
      .run();
  choose_latest(db, v.connector_id);
  return {};
}

CatalogCounts counts(Database& db) {
  Query row = db.query(R"sql(
      SELECT (SELECT count(*) FROM connectors), (SELECT count(*) FROM versions),
             (SELECT coalesce(sum(downloads), 0) FROM connectors),
             (SELECT count(*) FROM publisher_keys WHERE status = 'active'))sql");
  row.step();
  return {row.number(0), row.number(1), row.number(2), row.number(3)};
}

std::vector<ConnectorCounts> most_downloaded(Database& db, std::uint32_t limit) {
  Query row = db.query(R"sql(
      SELECT c.id, c.latest_version, c.downloads,
             (SELECT count(*) FROM versions AS v WHERE v.connector_id = c.id)
      FROM connectors AS c ORDER BY c.downloads DESC, c.id LIMIT ?)sql");
  row.bind(static_cast<std::int64_t>(limit));
  std::vector<ConnectorCounts> all;
  while (row.step()) all.push_back({row.text(0), row.text(1), row.number(2), row.number(3)});
  return all;
}

bool blob_is_referenced(Database& db, std::string_view checksum) {
  Query row = db.query("SELECT 1 FROM versions WHERE checksum = ? LIMIT 1");
  return row.bind(checksum).step();
}

BlobTotals blob_totals(Database& db) {
  Query row = db.query(R"sql(
      SELECT count(*), coalesce(sum(size), 0) FROM
        (SELECT max(size) AS size FROM versions GROUP BY checksum))sql");
  row.step();
  return {row.number(0), row.number(1)};
}

void add_downloads(Database& db, std::string_view connector_id, std::string_view version,
                   std::int64_t count) {
  db.query("UPDATE versions SET downloads = downloads + ? WHERE connector_id = ? AND version = ?")
      .bind(count)
      .bind(connector_id)
      .bind(version)
      .run();
  db.query("UPDATE connectors SET downloads = downloads + ? WHERE id = ?")
      .bind(count)
      .bind(connector_id)
      .run();
}

}  // namespace mkt::catalog_queries
