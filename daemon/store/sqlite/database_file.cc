// Uses VACUUM INTO, integrity_check and foreign_key_check.
#include "daemon/store/sqlite/database_file.h"

#include <fmt/format.h>

#include "daemon/store/sqlite/database.h"
#include "daemon/store/sqlite/schema.h"
#include "daemon/store/sqlite/sqlite_records.h"

namespace mkt {
namespace {

// Runs `use` on a read-only connection. SqlError becomes data_damaged or one of the store's own
// errors.
template <typename Use>
auto with_database(const std::filesystem::path& file, Use use)
    -> decltype(use(std::declval<Database&>())) {
  try {
    if (!std::filesystem::exists(file)) {
      return Error(ErrorCode::not_found, fmt::format("there is no database {}", file.string()));
    }
    Database database(file, Database::Mode::read_only);
    database.execute("PRAGMA trusted_schema = OFF; PRAGMA wal_autocheckpoint = 0");
    return use(database);
  } catch (const SqlError& e) {
    const int primary = e.extended_code() & 0xff;
    if (primary != SQLITE_NOTADB && primary != SQLITE_CORRUPT && primary != SQLITE_ERROR) {
      return e.error();
    }
    return Error(
        ErrorCode::data_damaged,
        fmt::format("{} is damaged or not a database of mktd ({})", file.string(), e.what()));
  }
}

// A row of PRAGMA foreign_key_check.
std::string read_broken_reference(const Query& row) {
  std::string table;
  std::optional<std::int64_t> row_id;
  std::string referred_to;
  std::int64_t key = 0;
  row.get(table, row_id, referred_to, key);
  return fmt::format("a row of {} refers to nothing in {}", table, referred_to);
}

// An older schema has no withdrawn versions.
bool knows_withdrawal(Database& db) {
  Query row =
      db.query("SELECT count(*) FROM pragma_table_info('versions') WHERE name = 'withdrawn_at'");
  return row.step() && row.only<std::int64_t>() > 0;
}

// A row of referenced_blobs.
Result<BlobReference> read_reference(const Query& row) {
  std::string checksum;
  std::uint64_t size = 0;
  std::string name;
  row.get(checksum, size, name);
  MKT_TRY(const Checksum parsed, Checksum::parse(checksum));
  return BlobReference{parsed, size, std::move(name)};
}

std::vector<std::string> find_damage(Database& db) {
  std::vector<std::string> findings;
  Query integrity = db.query("PRAGMA integrity_check");
  while (integrity.step()) {
    auto finding = integrity.only<std::string>();
    if (finding != "ok") findings.push_back(std::move(finding));
  }
  Query foreign = db.query("PRAGMA foreign_key_check");
  while (foreign.step()) findings.push_back(read_broken_reference(foreign));
  return findings;
}

Result<std::vector<BlobReference>> read_references(Database& db) {
  std::vector<BlobReference> all;
  Query row = db.query(knows_withdrawal(db) ? R"sql(
      SELECT checksum, size, min(connector_id || '@' || version) AS name FROM versions
      WHERE withdrawn_at IS NULL GROUP BY checksum, size ORDER BY checksum)sql"
                                            : R"sql(
      SELECT checksum, size, min(connector_id || '@' || version) AS name FROM versions
      GROUP BY checksum, size ORDER BY checksum)sql");
  while (row.step()) {
    MKT_TRY(BlobReference reference, read_reference(row));
    all.push_back(std::move(reference));
  }
  return all;
}

}  // namespace

Status copy_database(const std::filesystem::path& source, const std::filesystem::path& target) {
  return with_database(source, [&](Database& db) -> Status {
    MKT_CHECK(check_schema_version(db));
    db.query("VACUUM INTO ?").bind(target.string()).run();
    return {};
  });
}

Result<std::vector<std::string>> check_database(const std::filesystem::path& file) {
  return with_database(file, [&](Database& db) -> Result<std::vector<std::string>> {
    MKT_CHECK(check_schema_version(db));
    return find_damage(db);
  });
}

Result<std::vector<BlobReference>> referenced_blobs(const std::filesystem::path& file) {
  return with_database(file, [&](Database& db) -> Result<std::vector<BlobReference>> {
    MKT_CHECK(check_schema_version(db));
    return read_references(db);
  });
}

Result<bool> is_referenced(const std::filesystem::path& file, const Checksum& checksum) {
  return with_database(file, [&](Database& db) -> Result<bool> {
    MKT_CHECK(check_schema_version(db));
    Query row = db.query(
        knows_withdrawal(db)
            ? "SELECT EXISTS (SELECT 1 FROM versions WHERE checksum = ? AND withdrawn_at IS NULL)"
            : "SELECT EXISTS (SELECT 1 FROM versions WHERE checksum = ?)");
    row.bind(checksum.text());
    return row.step() && row.only<bool>();
  });
}

Result<DatabaseLook> look_into_database(const std::filesystem::path& file) {
  return with_database(file, [&](Database& db) -> Result<DatabaseLook> {
    MKT_CHECK(check_schema_version(db));
    const Transaction snapshot(db, "BEGIN");
    DatabaseLook look;
    look.damage = find_damage(db);
    MKT_TRY(look.blobs, read_references(db));
    return look;
  });
}

Status each_document(const std::filesystem::path& file,
                     const std::function<Status(const OutboxEntry&)>& take) {
  constexpr std::uint32_t kAtOnce = 500;
  return with_database(file, [&](Database& db) -> Status {
    MKT_CHECK(check_schema_version(db));
    const SqliteRows rows(db);
    Transaction snapshot(db, "BEGIN");
    for (const DocumentKind kind : kDocumentKinds) {
      std::vector<std::string> after;
      for (;;) {
        const auto page = rows.outbox->documents(kind, after, kAtOnce);
        for (const OutboxEntry& entry : page) MKT_CHECK(take(entry));
        if (page.size() < kAtOnce) break;
        after = page.back().name.key;
      }
    }
    return {};
  });
}

Result<OutboxCounts> outbox_counts_in(const std::filesystem::path& file) {
  return with_database(file, [](Database& db) -> Result<OutboxCounts> {
    MKT_CHECK(check_schema_version(db));
    return SqliteRows(db).outbox->counts();
  });
}

}  // namespace mkt
