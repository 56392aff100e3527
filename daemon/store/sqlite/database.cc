#include "daemon/store/sqlite/database.h"

#include <fmt/format.h>

#include "common/base/json.h"

namespace mkt {

Error SqlError::error() const {
  const int primary = extended_code_ & 0xff;
  if (primary == SQLITE_FULL) {
    return Error(ErrorCode::storage_full, "the registry's disk is full; nothing was changed");
  }
  return Error(ErrorCode::storage_failed,
               fmt::format("the registry's database failed: {}", what()));
}

Query::~Query() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

void Query::require(int result) const {
  if (result == SQLITE_OK) return;
  sqlite3* db = sqlite3_db_handle(statement_);
  throw SqlError(sqlite3_extended_errcode(db), sqlite3_errmsg(db));
}

Query& Query::bind(std::string_view text) {
  require(sqlite3_bind_text64(statement_, ++bound_, text.data() != nullptr ? text.data() : "",
                              text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

Query& Query::bind(std::int64_t number) {
  require(sqlite3_bind_int64(statement_, ++bound_, number));
  return *this;
}

Query& Query::bind(std::optional<UtcTime> time) {
  return bind(time ? std::optional(to_unix_ms(*time)) : std::nullopt);
}

Query& Query::bind(std::optional<std::int64_t> number) {
  if (number) return bind(*number);
  require(sqlite3_bind_null(statement_, ++bound_));
  return *this;
}

Query& Query::bind(const std::vector<std::string>& texts) {
  return bind(std::string_view(dump_json(texts)));
}

bool Query::step() {
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  sqlite3* db = sqlite3_db_handle(statement_);
  throw SqlError(sqlite3_extended_errcode(db), sqlite3_errmsg(db));
}

void Query::run() {
  while (step()) {
  }
}

std::string Query::text(int column) const {
  const auto* data = sqlite3_column_text(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  if (data == nullptr) return {};
  return std::string(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
}

std::int64_t Query::number(int column) const { return sqlite3_column_int64(statement_, column); }

Database::Database(const std::filesystem::path& file, Mode mode) {
  const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                    (mode == Mode::read_write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                              : SQLITE_OPEN_READONLY);
  const int result = sqlite3_open_v2(file.c_str(), &handle_, flags, nullptr);
  if (result != SQLITE_OK) {
    const std::string message =
        handle_ != nullptr ? sqlite3_errmsg(handle_) : sqlite3_errstr(result);
    sqlite3_close(handle_);
    throw SqlError(result, fmt::format("{}: {}", file.string(), message));
  }
  sqlite3_busy_timeout(handle_, 5000);
}

Database::~Database() {
  prepared_.clear();
  sqlite3_close(handle_);
}

Query Database::query(const char* sql) {
  auto& statement = prepared_[sql];
  if (!statement) {
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &raw, nullptr) !=
        SQLITE_OK) {
      throw SqlError(sqlite3_extended_errcode(handle_), sqlite3_errmsg(handle_));
    }
    statement.reset(raw);
  }
  return Query(statement.get());
}

Database::Statement Database::prepare_once(const std::string& sql) {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(handle_, sql.c_str(), -1, &raw, nullptr) != SQLITE_OK) {
    throw SqlError(sqlite3_extended_errcode(handle_), sqlite3_errmsg(handle_));
  }
  return Statement(raw);
}

void Database::execute(const char* sql) {
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    throw SqlError(sqlite3_extended_errcode(handle_), sqlite3_errmsg(handle_));
  }
}

Transaction::Transaction(Database& database, const char* begin) : database_(database) {
  database_.query(begin).run();
}

Transaction::~Transaction() {
  if (!open_) return;
  try {
    database_.query("ROLLBACK").run();
  } catch (const SqlError&) {
    // SQLite has already rolled back (disk full, I/O error); nothing is left to undo.
  }
}

void Transaction::commit() {
  database_.query("COMMIT").run();
  open_ = false;
}

}  // namespace mkt
