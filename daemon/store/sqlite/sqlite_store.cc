// The Store's functions, each one transaction over the queries of its subject; see sqlite_store.h.
#include "daemon/store/sqlite/sqlite_store.h"

#include <fmt/format.h>

#include "daemon/store/sqlite/catalog_queries.h"
#include "daemon/store/sqlite/publisher_queries.h"
#include "daemon/store/sqlite/schema.h"
#include "daemon/store/sqlite/search_queries.h"

namespace mkt {
namespace {

// More idle connections than this are closed when they come back.
constexpr std::size_t kMaxIdleReaders = 16;

}  // namespace

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::filesystem::path& file) {
  try {
    auto writer = std::make_unique<Database>(file, Database::Mode::read_write);
    writer->execute("PRAGMA journal_mode = WAL");
    writer->execute("PRAGMA synchronous = FULL");
    writer->execute("PRAGMA foreign_keys = ON");
    writer->execute("PRAGMA trusted_schema = OFF");
    MKT_CHECK(migrate(*writer));
    return std::unique_ptr<SqliteStore>(new SqliteStore(file, std::move(writer)));
  } catch (const SqlError& e) {
    const int primary = e.extended_code() & 0xff;
    if (primary == SQLITE_NOTADB || primary == SQLITE_CORRUPT) {
      return Error(ErrorCode::data_damaged,
                   fmt::format("{} is damaged ({}); restore it from a backup", file.string(),
                               e.what()));
    }
    return e.error();
  }
}

SqliteStore::SqliteStore(std::filesystem::path file, std::unique_ptr<Database> writer)
    : file_(std::move(file)), commits_(std::make_unique<CommitQueue>(std::move(writer))) {}

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

Status SqliteStore::add_publisher(const PublisherRecord& publisher, const KeyRecord& first_key,
                                  const Actor& actor) {
  return commits_->run([&](Database& db) {
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
  return read([&](Database& db) { return publisher_queries::key(db, key_id); });
}

Result<std::vector<KeyRecord>> SqliteStore::keys_of(std::string_view publisher_id) {
  return read([&](Database& db) { return publisher_queries::keys_of(db, publisher_id); });
}

Result<KeyList> SqliteStore::all_keys() {
  return read([&](Database& db) { return publisher_queries::all_keys(db); });
}

Result<Store::Published> SqliteStore::publish(const NewVersion& version, const Actor& actor) {
  std::optional<Published> published;
  MKT_CHECK(commits_->run([&](Database& db) -> Status {
    MKT_TRY(published, catalog_queries::publish(db, version, actor));
    return {};
  }));
  return std::move(*published);
}

Result<std::optional<ConnectorRecord>> SqliteStore::connector(std::string_view id) {
  return read([&](Database& db) { return catalog_queries::connector(db, id); });
}

Result<std::vector<VersionRecord>> SqliteStore::versions_of(std::string_view connector_id) {
  return read([&](Database& db) { return catalog_queries::versions_of(db, connector_id); });
}

Result<std::optional<VersionRecord>> SqliteStore::version(std::string_view connector_id,
                                                          std::string_view version) {
  return read([&](Database& db) { return catalog_queries::version(db, connector_id, version); });
}

Result<SearchPage> SqliteStore::search(const SearchQuery& query) {
  return read([&](Database& db) { return search_queries::search(db, query); });
}

Result<bool> SqliteStore::blob_is_referenced(std::string_view checksum) {
  return read([&](Database& db) { return catalog_queries::blob_is_referenced(db, checksum); });
}

Status SqliteStore::add_downloads(std::string_view connector_id, std::string_view version,
                                  std::int64_t count) {
  return commits_->run([&](Database& db) -> Status {
    catalog_queries::add_downloads(db, connector_id, version, count);
    return {};
  });
}

Status SqliteStore::add_token(const TokenRecord& token, const Actor& actor) {
  return commits_->run(
      [&](Database& db) { return publisher_queries::add_token(db, token, actor); });
}

Result<std::optional<TokenRecord>> SqliteStore::token(std::string_view id) {
  return read([&](Database& db) { return publisher_queries::token(db, id); });
}

Result<std::vector<TokenRecord>> SqliteStore::tokens() {
  return read([&](Database& db) { return publisher_queries::tokens(db); });
}

Status SqliteStore::remove_token(std::string_view id, const Actor& actor) {
  return commits_->run(
      [&](Database& db) { return publisher_queries::remove_token(db, id, actor); });
}

}  // namespace mkt
