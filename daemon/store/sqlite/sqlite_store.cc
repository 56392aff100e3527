// The Store's functions, each one transaction over the queries of its subject; see sqlite_store.h.
#include "daemon/store/sqlite/sqlite_store.h"

#include <fmt/format.h>

#include "daemon/store/sqlite/catalog_queries.h"
#include "daemon/store/sqlite/idempotency_queries.h"
#include "daemon/store/sqlite/install_changes.h"
#include "daemon/store/sqlite/installation_queries.h"
#include "daemon/store/sqlite/key_queries.h"
#include "daemon/store/sqlite/log_queries.h"
#include "daemon/store/sqlite/outbox_queries.h"
#include "daemon/store/sqlite/owner_queries.h"
#include "daemon/store/sqlite/policy_queries.h"
#include "daemon/store/sqlite/publisher_queries.h"
#include "daemon/store/sqlite/request_queries.h"
#include "daemon/store/sqlite/schema.h"
#include "daemon/store/sqlite/search_queries.h"

namespace mkt {
namespace {

// More idle connections than this are closed when they come back.

}  // namespace

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::filesystem::path& file) {
  try {
    auto writer = std::make_unique<Database>(file, Database::Mode::read_write);
    writer->execute("PRAGMA journal_mode = WAL");
    writer->execute("PRAGMA synchronous = FULL");
    writer->execute("PRAGMA foreign_keys = ON");
    writer->execute("PRAGMA trusted_schema = OFF");
    // What a savepoint may have to undo: a commit's worth of pages, otherwise a file for each
    // commit.
    writer->execute("PRAGMA temp_store = MEMORY");
    MKT_CHECK(migrate(*writer));
    {
      Transaction transaction(*writer);
      catalog_queries::leave_quarantined_latest(*writer);
      transaction.commit();
    }
    const std::int64_t key_sequence = key_queries::newest_change(*writer);
    std::unique_ptr<SqliteStore> store(new SqliteStore(file, std::move(writer), key_sequence));
    MKT_CHECK(store->fill_search_index());
    return store;
  } catch (const SqlError& e) {
    const int primary = e.extended_code() & 0xff;
    if (primary == SQLITE_NOTADB || primary == SQLITE_CORRUPT) {
      return Error(
          ErrorCode::data_damaged,
          fmt::format("{} is damaged ({}); restore it from a backup", file.string(), e.what()));
    }
    return e.error();
  }
}

SqliteStore::SqliteStore(std::filesystem::path file, std::unique_ptr<Database> writer,
                         std::int64_t key_sequence)
    : file_(std::move(file)),
      key_sequence_(key_sequence),
      commits_(std::make_unique<CommitQueue>(std::move(writer))) {}

Status SqliteStore::change_keys(const CommitQueue::Change& change) {
  std::int64_t newest = 0;
  const Status done = commits_->run(Touches::all(), [&](Database& db) -> Status {
    MKT_CHECK(change(db));
    newest = key_queries::newest_change(db);
    return {};
  });
  if (!done) return done;
  std::int64_t known = key_sequence_;
  while (known < newest && !key_sequence_.compare_exchange_weak(known, newest)) {
  }
  // Whoever read the old sequence since the commit must not keep what came of it.
  commits_->changed(Touches::all());
  return {};
}

template <typename Read>
auto SqliteStore::read(Read read) -> Result<decltype(read(std::declval<Database&>()))> {
  try {
    std::unique_ptr<Database> reader;
    {
      const std::lock_guard lock(readers_mutex_);
      if (!readers_.empty()) {
        reader = std::move(readers_.back());
        readers_.pop_back();
      }
    }
    if (!reader) {
      reader = std::make_unique<Database>(file_, Database::Mode::read_only);
      reader->execute("PRAGMA wal_autocheckpoint = 0");
    }
    std::optional<decltype(read(*reader))> value;
    {
      // One snapshot for all statements of the function.
      Transaction snapshot(*reader, "BEGIN");
      value.emplace(read(*reader));
      snapshot.commit();
    }
    const std::lock_guard lock(readers_mutex_);
    if (readers_.size() < kMaxIdleReaders) readers_.push_back(std::move(reader));
    return std::move(*value);
  } catch (const SqlError& e) {
    return e.error();
  }
}

template <typename Change>
auto SqliteStore::change(Touches touches, Change change)
    -> decltype(change(std::declval<Database&>())) {
  std::optional<decltype(change(std::declval<Database&>()))> outcome;
  MKT_CHECK(commits_->run(touches, [&](Database& db) -> Status {
    outcome.emplace(change(db));
    if (!*outcome) return outcome->error();
    return {};
  }));
  return std::move(*outcome);
}

Status SqliteStore::add_publisher(const PublisherRecord& publisher, const KeyRecord& first_key,
                                  const Actor& actor) {
  return change_keys([&](Database& db) {
    return publisher_queries::add_publisher(db, publisher, first_key, actor);
  });
}

Result<std::optional<PublisherRecord>> SqliteStore::publisher(std::string_view id) {
  return read([&](Database& db) { return publisher_queries::publisher(db, id); });
}

Result<std::vector<PublisherRecord>> SqliteStore::publishers() {
  return read([&](Database& db) { return publisher_queries::publishers(db); });
}

Result<std::optional<KeyRecord>> SqliteStore::key(std::string_view key_id) {
  return read([&](Database& db) { return key_queries::key(db, key_id); });
}

Result<std::optional<KeyRecord>> SqliteStore::key_of_alias(std::string_view alias) {
  return read([&](Database& db) { return key_queries::key_of_alias(db, alias); });
}

Result<std::vector<KeyRecord>> SqliteStore::keys_of(std::string_view publisher_id) {
  return read([&](Database& db) { return key_queries::keys_of(db, publisher_id); });
}

Status SqliteStore::set_publisher_status(std::string_view id, PublisherStatus status,
                                         std::string_view reason, UtcTime at, const Actor& actor) {
  return commits_->run(Touches::all(), [&](Database& db) {
    return publisher_queries::set_status(db, id, status, reason, at, actor);
  });
}

Status SqliteStore::set_publisher_verified(std::string_view id, bool verified, UtcTime at,
                                           const Actor& actor) {
  return commits_->run(Touches::all(), [&](Database& db) {
    return publisher_queries::set_verified(db, id, verified, at, actor);
  });
}

Result<KeyList> SqliteStore::keys_since(std::int64_t sequence) {
  return read([&](Database& db) { return key_queries::keys_since(db, sequence); });
}

Status SqliteStore::add_key(const KeyRecord& key, bool retires_endorser, const Actor& actor) {
  return change_keys(
      [&](Database& db) { return key_queries::add(db, key, retires_endorser, actor); });
}

Result<RevocationOutcome> SqliteStore::revoke_key(const Revocation& revocation,
                                                  const Actor& actor) {
  std::optional<RevocationOutcome> outcome;
  MKT_CHECK(change_keys([&](Database& db) -> Status {
    MKT_TRY(outcome, key_queries::revoke(db, revocation, actor));
    return {};
  }));
  // Search shows another latest version now. What is revoked stays revoked where this fails.
  if (outcome->hit_count > outcome->hit.size()) (void)fill_search_index();
  for (const VersionRecord& v : outcome->hit) (void)refresh_search_index(v.connector_id);
  return std::move(*outcome);
}

Result<RevocationOutcome> SqliteStore::preview_revocation(const Revocation& revocation) {
  MKT_TRY(auto outcome, read([&](Database& db) { return key_queries::preview(db, revocation); }));
  return outcome;
}

Result<Store::Published> SqliteStore::publish(const NewVersion& version, const Actor& actor) {
  MKT_TRY(Published published,
          change(Touches::connector(version.version.connector_id),
                 [&](Database& db) { return catalog_queries::publish(db, version, actor); }));
  // What is published stays published where this fails: search shows it after the next change of
  // the connector, or a restart.
  if (published.is_new) (void)refresh_search_index(version.version.connector_id);
  return published;
}

Status SqliteStore::countersign(const VersionRecord& version, UtcTime at, const Actor& actor) {
  MKT_CHECK(commits_->run(Touches::connector(version.connector_id), [&](Database& db) {
    return catalog_queries::countersign(db, version, at, actor);
  }));
  (void)refresh_search_index(version.connector_id);  // as after publishing
  return {};
}

Status SqliteStore::set_deprecated(std::string_view connector_id, std::string_view version,
                                   const std::optional<std::string>& reason, UtcTime at,
                                   const Actor& actor) {
  return commits_->run(Touches::connector(connector_id), [&](Database& db) {
    return catalog_queries::set_deprecated(db, connector_id, version, reason, at, actor);
  });
}

Result<std::vector<OwnerRecord>> SqliteStore::owners_of(std::string_view connector_id) {
  return read([&](Database& db) { return owner_queries::owners_of(db, connector_id); });
}

Status SqliteStore::add_owner(std::string_view connector_id, std::string_view publisher_id,
                              UtcTime at, const Actor& actor) {
  return commits_->run(Touches::connector(connector_id), [&](Database& db) {
    return owner_queries::add(db, connector_id, publisher_id, at, actor);
  });
}

Status SqliteStore::remove_owner(std::string_view connector_id, std::string_view publisher_id,
                                 UtcTime at, const Actor& actor) {
  return commits_->run(Touches::connector(connector_id), [&](Database& db) {
    return owner_queries::remove(db, connector_id, publisher_id, at, actor);
  });
}

Result<std::optional<ConnectorRecord>> SqliteStore::connector(std::string_view id) {
  return read([&](Database& db) { return catalog_queries::connector(db, id); });
}

Result<std::optional<ConnectorWithVersions>> SqliteStore::connector_with_versions(
    std::string_view id) {
  return read([&](Database& db) -> std::optional<ConnectorWithVersions> {
    auto connector = catalog_queries::connector(db, id);
    if (!connector) return std::nullopt;
    const auto latest = catalog_queries::version(db, id, connector->latest_version);
    return ConnectorWithVersions{std::move(*connector), catalog_queries::versions_of(db, id),
                                 latest ? latest->manifest : std::string()};
  });
}

Result<VersionLookup> SqliteStore::find_version(std::string_view connector_id,
                                                std::string_view which) {
  return read([&](Database& db) {
    VersionLookup found;
    if (which != "latest") found.version = catalog_queries::version(db, connector_id, which);
    if (found.version) return found;
    found.connector = catalog_queries::connector(db, connector_id);
    if (found.connector && which == "latest") {
      found.version = catalog_queries::version(db, connector_id, found.connector->latest_version);
    }
    return found;
  });
}

Result<CatalogCounts> SqliteStore::catalog_counts() {
  return read([&](Database& db) { return catalog_queries::counts(db); });
}

Result<std::vector<ConnectorCounts>> SqliteStore::connector_counts(std::uint32_t limit) {
  return read([&](Database& db) { return catalog_queries::most_downloaded(db, limit); });
}

Result<std::optional<VersionRecord>> SqliteStore::version(std::string_view connector_id,
                                                          std::string_view version) {
  return read([&](Database& db) { return catalog_queries::version(db, connector_id, version); });
}

Result<SearchPage> SqliteStore::search(const SearchQuery& query) {
  const SearchIndex::Hits hits = search_index_.search(query);
  return read([&](Database& db) {
    SearchPage page;
    page.total = hits.total;
    for (const std::string& id : hits.ids) {
      if (auto found = catalog_queries::connector(db, id)) {
        page.connectors.push_back(std::move(*found));
      }
    }
    return page;
  });
}

Status SqliteStore::fill_search_index() {
  MKT_TRY(const bool done, read([&](Database& db) {
            search_queries::each_document(db, [&](const auto& d) { search_index_.put(d); });
            return true;
          }));
  (void)done;
  return {};
}

Status SqliteStore::refresh_search_index(std::string_view connector_id) {
  const std::lock_guard lock(search_refresh_mutex_);
  MKT_TRY(const auto document,
          read([&](Database& db) { return search_queries::document(db, connector_id); }));
  if (document) search_index_.put(*document);
  return {};
}

Result<bool> SqliteStore::blob_is_referenced(std::string_view checksum) {
  return read([&](Database& db) { return catalog_queries::blob_is_referenced(db, checksum); });
}

Result<BlobTotals> SqliteStore::blob_totals() {
  return read([](Database& db) { return catalog_queries::blob_totals(db); });
}

Status SqliteStore::add_downloads(std::string_view connector_id, std::string_view version,
                                  std::int64_t count) {
  MKT_CHECK(commits_->run(Touches::connector(connector_id), [&](Database& db) -> Status {
    catalog_queries::add_downloads(db, connector_id, version, count);
    return {};
  }));
  search_index_.add_downloads(connector_id, count);
  return {};
}

Result<std::optional<PolicyRecord>> SqliteStore::policy(std::string_view tenant_id) {
  return read([&](Database& db) { return policy_queries::current(db, tenant_id); });
}

Result<std::vector<PolicyRecord>> SqliteStore::policy_history(std::string_view tenant_id) {
  return read([&](Database& db) { return policy_queries::history(db, tenant_id); });
}

Result<PolicyRecord> SqliteStore::set_policy(const PolicyRecord& policy,
                                             std::optional<std::int64_t> expected_revision,
                                             const Actor& actor) {
  return change(Touches::nothing_kept(), [&](Database& db) {
    return policy_queries::set(db, policy, expected_revision, actor);
  });
}

Result<InstallOutcome> SqliteStore::request_install(const NewInstallRequest& request,
                                                    const Actor& actor) {
  return change(Touches::nothing_kept(),
                [&](Database& db) { return install_changes::request(db, request, actor); });
}

Result<Decision> SqliteStore::preview_install(const NewInstallRequest& request) {
  MKT_TRY(auto decision, read([&](Database& db) { return install_changes::preview(db, request); }));
  return decision;
}

Result<InstallRequestRecord> SqliteStore::approve_request(const NewApproval& approval,
                                                          const Actor& actor) {
  return change(Touches::nothing_kept(),
                [&](Database& db) { return install_changes::approve(db, approval, actor); });
}

Status SqliteStore::may_approve(const InstallRequestRecord& request) {
  MKT_TRY(auto status,
          read([&](Database& db) { return install_changes::may_approve(db, request); }));
  return status;
}

Result<InstallRequestRecord> SqliteStore::deny_request(std::string_view tenant_id,
                                                       std::string_view id, std::string_view by,
                                                       std::string_view reason, UtcTime at,
                                                       const Actor& actor) {
  return change(Touches::nothing_kept(), [&](Database& db) {
    return install_changes::deny(db, tenant_id, id, by, reason, at, actor);
  });
}

Result<InstallRequestRecord> SqliteStore::cancel_request(std::string_view tenant_id,
                                                         std::string_view id, RequestStatus from,
                                                         std::string_view by, UtcTime at,
                                                         const Actor& actor) {
  return change(Touches::nothing_kept(), [&](Database& db) {
    return install_changes::cancel(db, tenant_id, id, from, by, at, actor);
  });
}

Result<std::optional<InstallRequestRecord>> SqliteStore::install_request(std::string_view id) {
  return read([&](Database& db) { return request_queries::find(db, id); });
}

Result<std::vector<InstallRequestRecord>> SqliteStore::install_requests(
    const InstallRequestQuery& query) {
  return read([&](Database& db) { return request_queries::list(db, query); });
}

Result<std::size_t> SqliteStore::expire_requests(UtcTime now) {
  // Looked at first, so that a second in which nothing ends costs no commit.
  MKT_TRY(const bool any,
          read([&](Database& db) { return !request_queries::overdue(db, now, 1).empty(); }));
  if (!any) return std::size_t{0};
  return change(Touches::nothing_kept(), [&](Database& db) -> Result<std::size_t> {
    return install_changes::expire(db, now);
  });
}

Result<std::optional<InstallationRecord>> SqliteStore::installation(std::string_view tenant_id,
                                                                    std::string_view connector_id) {
  return read(
      [&](Database& db) { return installation_queries::find(db, tenant_id, connector_id); });
}

Result<std::vector<InstallationRecord>> SqliteStore::installations(std::string_view tenant_id,
                                                                   std::string_view after,
                                                                   std::uint32_t limit) {
  return read(
      [&](Database& db) { return installation_queries::list(db, tenant_id, after, limit); });
}

Result<std::vector<InstallationEvent>> SqliteStore::installation_history(
    std::string_view tenant_id, std::string_view connector_id, std::uint32_t limit) {
  return read([&](Database& db) {
    return installation_queries::history(db, tenant_id, connector_id, limit);
  });
}

Result<InstallationRecord> SqliteStore::uninstall(std::string_view tenant_id,
                                                  std::string_view connector_id, UtcTime at,
                                                  const Actor& actor) {
  return change(Touches::nothing_kept(), [&](Database& db) {
    return installation_queries::uninstall(db, tenant_id, connector_id, at, actor);
  });
}

Result<std::optional<FirstAnswer>> SqliteStore::first_answer(std::string_view scope,
                                                             std::string_view key, UtcTime now) {
  return read([&](Database& db) { return idempotency_queries::find(db, scope, key, now); });
}

Result<std::size_t> SqliteStore::live_keys(std::string_view scope, UtcTime now) {
  return read([&](Database& db) { return idempotency_queries::live_keys(db, scope, now); });
}

Status SqliteStore::keep_first_answer(const IdempotencyKey& key, const FirstAnswer& answer) {
  return commits_->run(Touches::nothing_kept(), [&](Database& db) -> Status {
    idempotency_queries::keep(db, key, answer);
    return {};
  });
}

Result<std::size_t> SqliteStore::remove_expired_answers(UtcTime now) {
  return change(Touches::nothing_kept(), [&](Database& db) -> Result<std::size_t> {
    return idempotency_queries::remove_expired(db, now);
  });
}

Result<std::int64_t> SqliteStore::webhook_cursor(std::string_view name) {
  return change(Touches::nothing_kept(),
                [&](Database& db) -> Result<std::int64_t> { return webhook_cursor_of(db, name); });
}

Status SqliteStore::set_webhook_cursor(std::string_view name, std::int64_t seq) {
  return commits_->run(Touches::nothing_kept(), [&](Database& db) -> Status {
    mkt::set_webhook_cursor(db, name, seq);
    return {};
  });
}

Status SqliteStore::start_outbox() {
  bool missed = false;
  MKT_CHECK(commits_->run(Touches::nothing_kept(), [&](Database& db) -> Status {
    missed = outbox_queries::start(db);
    return {};
  }));
  return missed ? fill_outbox() : Status();
}

Status SqliteStore::stop_outbox() {
  return commits_->run(Touches::nothing_kept(), [](Database& db) -> Status {
    outbox_queries::stop(db);
    return {};
  });
}

// A kind at a time, so that others come to their turn.
Status SqliteStore::fill_outbox() {
  for (const DocumentKind kind : kDocumentKinds) {
    MKT_CHECK(commits_->run(Touches::nothing_kept(), [kind](Database& db) -> Status {
      outbox_queries::fill(db, kind);
      return {};
    }));
  }
  return set_mirror_state("complete", "yes");
}

Result<std::vector<OutboxEntry>> SqliteStore::outbox(std::uint32_t most, std::size_t most_bytes) {
  return read([&](Database& db) { return outbox_queries::waiting(db, most, most_bytes); });
}

Result<OutboxCounts> SqliteStore::outbox_counts() {
  return read([](Database& db) { return outbox_queries::counts(db); });
}

Status SqliteStore::outbox_sent(std::span<const OutboxEntry> entries) {
  return commits_->run(Touches::nothing_kept(), [&](Database& db) -> Status {
    outbox_queries::sent(db, entries);
    return {};
  });
}

Status SqliteStore::park(const OutboxEntry& entry, std::string_view reason) {
  return commits_->run(Touches::nothing_kept(), [&](Database& db) -> Status {
    outbox_queries::park(db, entry, reason);
    return {};
  });
}

Result<std::vector<ParkedDocument>> SqliteStore::parked_documents(std::uint32_t most) {
  return read([most](Database& db) { return outbox_queries::parked(db, most); });
}

Result<std::vector<OutboxEntry>> SqliteStore::documents(DocumentKind kind,
                                                        const std::vector<std::string>& after,
                                                        std::uint32_t most) {
  return read([&](Database& db) { return outbox_queries::documents(db, kind, after, most); });
}

Status SqliteStore::put_back(DocumentKind kind, const std::vector<Json>& documents) {
  return commits_->run(Touches::all(), [&](Database& db) -> Status {
    for (const Json& document : documents) {
      MKT_CHECK(outbox_queries::insert(db, kind, document));
    }
    return {};
  });
}

Result<std::string> SqliteStore::mirror_state(std::string_view name) {
  return read([name](Database& db) { return outbox_queries::state(db, name); });
}

Status SqliteStore::set_mirror_state(std::string_view name, std::string_view value) {
  return commits_->run(Touches::nothing_kept(), [&](Database& db) -> Status {
    outbox_queries::set_state(db, name, value);
    return {};
  });
}

Status SqliteStore::add_token(const TokenRecord& token, const Actor& actor) {
  const Status added = commits_->run(Touches::nothing_kept(), [&](Database& db) {
    return publisher_queries::add_token(db, token, actor);
  });
  tokens_.forget(token.id);
  return added;
}

Result<std::optional<TokenRecord>> SqliteStore::token(std::string_view id) {
  if (auto kept = tokens_.find(id)) return kept;
  const std::uint64_t generation = tokens_.generation();
  MKT_TRY(auto found, read([&](Database& db) { return publisher_queries::token(db, id); }));
  if (found) tokens_.keep(*found, generation);
  return found;
}

Result<std::vector<TokenRecord>> SqliteStore::tokens() {
  return read([&](Database& db) { return publisher_queries::tokens(db); });
}

Status SqliteStore::remove_token(std::string_view id, const Actor& actor) {
  const Status removed = commits_->run(Touches::nothing_kept(), [&](Database& db) {
    return publisher_queries::remove_token(db, id, actor);
  });
  tokens_.forget(id);
  return removed;
}

Status SqliteStore::set_token_used(std::string_view id, UtcTime at) {
  MKT_CHECK(commits_->run(Touches::nothing_kept(), [&](Database& db) -> Status {
    publisher_queries::set_token_used(db, id, at);
    return {};
  }));
  tokens_.forget(id);
  return {};
}

Result<std::vector<LogEntry>> SqliteStore::log(const LogQuery& query) {
  return read([&](Database& db) { return read_log(db, query); });
}

Status SqliteStore::note(std::string_view action, std::string_view subject, std::string_view detail,
                         UtcTime at, const Actor& actor) {
  return commits_->run(Touches::nothing_kept(), [&](Database& db) -> Status {
    append_to_log(db, actor, action, subject, detail, at);
    return {};
  });
}

}  // namespace mkt
