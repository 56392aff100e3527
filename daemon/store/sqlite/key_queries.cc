// The SQL of publisher keys; see key_queries.h.
#include "daemon/store/sqlite/key_queries.h"

#include <fmt/format.h>

#include <iterator>
#include <set>

#include "daemon/rules/key_rules.h"
#include "daemon/store/sqlite/catalog_queries.h"
#include "daemon/store/sqlite/install_changes.h"
#include "daemon/store/sqlite/installation_queries.h"
#include "daemon/store/sqlite/log_queries.h"
#include "daemon/store/sqlite/publisher_queries.h"
#include "daemon/store/sqlite/request_queries.h"

namespace mkt::key_queries {
namespace {

// Column order of every SELECT on publisher_keys below.
#define MKT_KEY_COLUMNS                                                             \
  "key_id, publisher_id, public_key, fingerprint, status, created_at, expires_at, " \
  "revoked_at, reason_code, reason, revoked_by, compromised_seq, endorsed_by, "     \
  "endorsement, added_seq, alias"

KeyRecord key_row(const Query& row) {
  KeyRecord k;
  k.key_id = row.text(0);
  k.publisher_id = row.text(1);
  k.public_key = row.text(2);
  k.fingerprint = row.text(3);
  k.status = parse_key_status(row.text(4)).value_or(KeyStatus::revoked);
  k.created_at = row.time(5);
  k.expires_at = row.optional_time(6);
  k.revoked_at = row.optional_time(7);
  k.reason_code = row.text(8);
  k.reason = row.text(9);
  k.revoked_by = row.text(10);
  k.compromised_seq = row.optional_number(11);
  k.endorsed_by = row.text(12);
  k.endorsement = row.text(13);
  k.added_seq = row.number(14);
  k.alias = row.text(15);
  return k;
}

// What a revocation asks for, and whether that is more than what holds already.
struct Plan {
  KeyRecord key;
  std::optional<std::int64_t> compromised_seq;
  bool changes = false;
};

Result<Plan> plan(Database& db, const Revocation& r) {
  auto found = key(db, r.key_id);
  if (!found) {
    return Error(ErrorCode::key_not_found, fmt::format("the registry knows no key {}", r.key_id));
  }
  Plan p{std::move(*found), std::nullopt, false};
  if (r.code == ReasonCode::compromised) {
    p.compromised_seq =
        r.compromised_since ? first_change_since(db, *r.compromised_since) : std::int64_t{0};
    p.changes = !p.key.compromised_seq || *p.compromised_seq < *p.key.compromised_seq;
  } else {
    p.changes = p.key.status != KeyStatus::revoked;
  }
  return p;
}

// Versions that go into quarantine, and the requests that wait for them.
struct Hit {
  std::vector<VersionRecord> versions;
  std::vector<InstallRequestRecord> requests;
};

Hit find_what_is_hit(Database& db, const Plan& p) {
  Hit hit;
  if (!p.changes || !p.compromised_seq) return hit;
  hit.versions = catalog_queries::signed_since(db, p.key.key_id, *p.compromised_seq);
  for (const VersionRecord& v : hit.versions) {
    auto waiting = request_queries::waiting_for(db, v);
    std::move(waiting.begin(), waiting.end(), std::back_inserter(hit.requests));
  }
  return hit;
}

template <typename Record>
std::vector<Record> first_ones(std::vector<Record> all) {
  if (all.size() > RevocationOutcome::kListed) all.resize(RevocationOutcome::kListed);
  return all;
}

RevocationOutcome outcome_of(Database& db, KeyRecord key, bool changed, Hit hit) {
  RevocationOutcome outcome;
  outcome.key = std::move(key);
  outcome.changed = changed;
  for (const VersionRecord& v : hit.versions) {
    outcome.installation_count += installation_queries::count_of_version(db, v);
    const std::size_t room = RevocationOutcome::kListed - outcome.installations.size();
    auto more = installation_queries::of_version(db, v, static_cast<std::uint32_t>(room));
    std::move(more.begin(), more.end(), std::back_inserter(outcome.installations));
  }
  outcome.hit_count = hit.versions.size();
  outcome.request_count = hit.requests.size();
  outcome.hit = first_ones(std::move(hit.versions));
  outcome.requests = first_ones(std::move(hit.requests));
  return outcome;
}

}  // namespace

std::optional<KeyRecord> key(Database& db, std::string_view key_id) {
  Query row = db.query("SELECT " MKT_KEY_COLUMNS " FROM publisher_keys WHERE key_id = ?");
  if (!row.bind(key_id).step()) return std::nullopt;
  return key_row(row);
}

std::optional<KeyRecord> key_of_alias(Database& db, std::string_view alias) {
  Query row =
      db.query("SELECT " MKT_KEY_COLUMNS " FROM publisher_keys WHERE alias = ? AND alias <> ''");
  if (!row.bind(alias).step()) return std::nullopt;
  return key_row(row);
}

std::vector<KeyRecord> keys_of(Database& db, std::string_view publisher_id) {
  Query row = db.query("SELECT " MKT_KEY_COLUMNS
                       " FROM publisher_keys WHERE publisher_id = ? ORDER BY created_at, key_id");
  row.bind(publisher_id);
  std::vector<KeyRecord> keys;
  while (row.step()) keys.push_back(key_row(row));
  return keys;
}

KeyList keys_since(Database& db, std::int64_t sequence) {
  KeyList list{newest_change(db), {}};
  Query row = db.query("SELECT " MKT_KEY_COLUMNS
                       " FROM publisher_keys WHERE changed_seq > ? ORDER BY key_id");
  row.bind(sequence);
  while (row.step()) list.keys.push_back(key_row(row));
  return list;
}

std::int64_t newest_change(Database& db) {
  Query newest = db.query("SELECT coalesce(max(changed_seq), 0) FROM publisher_keys");
  newest.step();
  return newest.number(0);
}

Result<KeyRecord> require_signer(Database& db, std::string_view key_id, UtcTime now) {
  auto found = key(db, key_id);
  if (!found) return unknown_key(key_id);
  MKT_CHECK(may_sign(*found, publisher_queries::publisher(db, found->publisher_id), now));
  return std::move(*found);
}

Status require_new(Database& db, const KeyRecord& k) {
  if (const auto other = k.alias.empty() ? std::nullopt : key_of_alias(db, k.alias)) {
    return Error(ErrorCode::key_exists,
                 fmt::format("\"{}\" is an alias of the key {} already; an alias stays with its "
                             "key for ever, so choose another",
                             k.alias, other->key_id));
  }
  Query found = db.query("SELECT key_id FROM publisher_keys WHERE fingerprint = ?");
  if (!found.bind(k.fingerprint).step()) return {};
  return Error(ErrorCode::key_exists,
               fmt::format("this key is registered already, as {}; make another: mkt key generate "
                           "--publisher {}",
                           found.text(0), k.publisher_id));
}

void insert(Database& db, const KeyRecord& k, const Actor& actor) {
  const std::int64_t seq =
      append_to_log(db, actor, "key.add", k.key_id,
                    k.endorsed_by.empty() ? "" : "endorsed by " + k.endorsed_by, k.created_at);
  db.query(R"sql(
      INSERT INTO publisher_keys
        (key_id, publisher_id, public_key, fingerprint, status, created_at, expires_at, endorsed_by,
         endorsement, added_seq, changed_seq, alias)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?))sql")
      .bind(k.key_id)
      .bind(k.publisher_id)
      .bind(k.public_key)
      .bind(k.fingerprint)
      .bind(key_status_name(k.status))
      .bind(k.created_at)
      .bind(k.expires_at)
      .bind(k.endorsed_by)
      .bind(k.endorsement)
      .bind(seq)
      .bind(seq)
      .bind(k.alias)
      .run();
}

Status add(Database& db, const KeyRecord& k, bool retires_endorser, const Actor& actor) {
  const auto publisher = publisher_queries::publisher(db, k.publisher_id);
  if (!publisher) return publisher_queries::no_publisher(k.publisher_id);
  MKT_CHECK(may_publish(*publisher));
  MKT_CHECK(require_new(db, k));
  if (!k.endorsed_by.empty()) {
    MKT_TRY(const KeyRecord endorser, require_signer(db, k.endorsed_by, k.created_at));
    if (endorser.publisher_id != k.publisher_id) {
      return Error(ErrorCode::key_foreign,
                   fmt::format("{} is not a key of {}", k.endorsed_by, k.publisher_id));
    }
  }
  insert(db, k, actor);
  if (retires_endorser) {
    const std::int64_t seq = append_to_log(db, actor, "key.retire", k.endorsed_by,
                                           "rotated to " + k.key_id, k.created_at);
    db.query(R"sql(
        UPDATE publisher_keys
        SET status = 'retired', reason_code = 'superseded', revoked_at = ?, revoked_by = ?,
            changed_seq = ?
        WHERE key_id = ?)sql")
        .bind(k.created_at)
        .bind(actor.who)
        .bind(seq)
        .bind(k.endorsed_by)
        .run();
  }
  return {};
}

Result<RevocationOutcome> preview(Database& db, const Revocation& r) {
  MKT_TRY(Plan p, plan(db, r));
  Hit hit = find_what_is_hit(db, p);
  return outcome_of(db, std::move(p.key), p.changes, std::move(hit));
}

Result<RevocationOutcome> revoke(Database& db, const Revocation& r, const Actor& actor) {
  MKT_TRY(Plan p, plan(db, r));
  if (!p.changes) return outcome_of(db, std::move(p.key), false, {});
  const std::int64_t seq =
      append_to_log(db, actor, "key.revoke", r.key_id,
                    fmt::format("{}: {}", reason_code_name(r.code), r.reason), r.at);
  db.query(R"sql(
      UPDATE publisher_keys
      SET status = 'revoked', revoked_at = ?, reason_code = ?, reason = ?, revoked_by = ?,
          compromised_seq = coalesce(?, compromised_seq), changed_seq = ?
      WHERE key_id = ?)sql")
      .bind(r.at)
      .bind(reason_code_name(r.code))
      .bind(r.reason)
      .bind(actor.who)
      .bind(p.compromised_seq)
      .bind(seq)
      .bind(r.key_id)
      .run();
  Hit hit = find_what_is_hit(db, p);
  std::set<std::string> connectors;
  for (const VersionRecord& v : hit.versions) {
    catalog_queries::quarantine(db, v, r.at, actor);
    connectors.insert(v.connector_id);
  }
  for (const std::string& id : connectors) catalog_queries::choose_latest(db, id);
  const std::string reason = fmt::format("the key {} is compromised", r.key_id);
  for (InstallRequestRecord& request : hit.requests) {
    install_changes::deny_quarantined(db, request, reason, r.at, actor);
  }
  return outcome_of(db, *key(db, r.key_id), true, std::move(hit));
}

}  // namespace mkt::key_queries
