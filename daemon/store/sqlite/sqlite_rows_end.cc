#include "daemon/store/sqlite/sqlite_rows_end.h"

#include <fmt/format.h>

#include "daemon/store/sqlite/schema.h"

namespace mkt {
namespace {

constexpr const char* kSafely =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; "
    "PRAGMA trusted_schema = OFF";
// Whoever writes a copy removes it where it fails.
constexpr const char* kQuickly =
    "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON; "
    "PRAGMA trusted_schema = OFF";

// What `use` returns; SqlError as the store's own errors.
template <typename Use>
auto guarded(Use use) -> decltype(use()) {
  try {
    return use();
  } catch (const SqlError& e) {
    const int primary = e.extended_code() & 0xff;
    if (primary != SQLITE_NOTADB && primary != SQLITE_CORRUPT) return e.error();
    return Error(ErrorCode::data_damaged, fmt::format("the database is damaged ({})", e.what()));
  }
}

MovedRow read_moved_row(const Query& query) {
  MovedRow row;
  row.reserve(static_cast<std::size_t>(query.columns()));
  for (int i = 0; i < query.columns(); ++i) {
    row.push_back(query.is_null(i) ? std::nullopt : std::optional(query.text(i)));
  }
  return row;
}

// A column's type makes a number of the digits again.
void bind_moved_row(Query& query, const MovedRow& row) {
  for (const auto& value : row) {
    if (value) {
      query.bind(std::string_view(*value));
    } else {
      query.bind(std::optional<std::int64_t>());
    }
  }
}

}  // namespace

Result<std::unique_ptr<SqliteRowsEnd>> SqliteRowsEnd::read(const std::filesystem::path& file) {
  using Opened = Result<std::unique_ptr<SqliteRowsEnd>>;
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    return Error(ErrorCode::not_found, fmt::format("there is no database {}", file.string()));
  }
  return guarded([&]() -> Opened {
    std::unique_ptr<SqliteRowsEnd> end(new SqliteRowsEnd(file, Database::Mode::read_only));
    end->db_.execute("PRAGMA trusted_schema = OFF; PRAGMA wal_autocheckpoint = 0");
    MKT_CHECK(require_newest_schema(end->db_));
    end->transaction_.emplace(end->db_, "BEGIN");
    return end;
  });
}

Result<std::unique_ptr<SqliteRowsEnd>> SqliteRowsEnd::open_to_write(
    const std::filesystem::path& file, const char* settings) {
  using Opened = Result<std::unique_ptr<SqliteRowsEnd>>;
  return guarded([&]() -> Opened {
    std::unique_ptr<SqliteRowsEnd> end(new SqliteRowsEnd(file, Database::Mode::read_write));
    end->db_.execute(settings);
    MKT_CHECK(migrate(end->db_));
    end->transaction_.emplace(end->db_);
    return end;
  });
}

Result<std::unique_ptr<SqliteRowsEnd>> SqliteRowsEnd::write(const std::filesystem::path& file) {
  return open_to_write(file, kSafely);
}

Result<std::unique_ptr<SqliteRowsEnd>> SqliteRowsEnd::write_copy(
    const std::filesystem::path& file) {
  return open_to_write(file, kQuickly);
}

Status SqliteRowsEnd::each_row(const MovedTable& table, const Take& take) {
  return guarded([&]() -> Status {
    const auto statement = db_.prepare_once(table.select_sqlite());
    Query row(statement.get());
    while (row.step()) MKT_CHECK(take(read_moved_row(row)));
    return {};
  });
}

Status SqliteRowsEnd::fill(const MovedTable& table,
                           const std::function<Status(const Take&)>& give) {
  return guarded([&]() -> Status {
    const auto statement = db_.prepare_once(table.keep_sqlite());
    return give([&](const MovedRow& row) {
      // Here, and not around `give`: no exception may pass through the other end.
      return guarded([&]() -> Status {
        Query keep(statement.get());
        bind_moved_row(keep, row);
        keep.run();
        return {};
      });
    });
  });
}

// Tables without AUTOINCREMENT number by what they have; the highest of all is the highest there
// was.
Result<LogNumbers> SqliteRowsEnd::numbers() {
  return guarded([&]() -> Result<LogNumbers> {
    Query row = db_.query(R"sql(
        SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'audit_log'), 0),
               max(coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'outbox'), 0),
                   coalesce((SELECT max(num) FROM connectors), 0),
                   coalesce((SELECT max(num) FROM install_requests), 0),
                   coalesce((SELECT max(num) FROM installation_events), 0)),
               coalesce((SELECT max(at) FROM audit_log), 0))sql");
    row.step();
    LogNumbers numbers;
    row.get(numbers.seq, numbers.num, numbers.at);
    return numbers;
  });
}

Status SqliteRowsEnd::set_numbers(const LogNumbers& numbers) {
  return guarded([&]() -> Status {
    db_.query("DELETE FROM sqlite_sequence WHERE name IN ('audit_log', 'outbox')").run();
    db_.query("INSERT INTO sqlite_sequence (name, seq) VALUES ('audit_log', ?), ('outbox', ?)")
        .bind(numbers.seq)
        .bind(numbers.num)
        .run();
    return {};
  });
}

Status SqliteRowsEnd::commit() {
  return guarded([&]() -> Status {
    transaction_->commit();
    return {};
  });
}

}  // namespace mkt
