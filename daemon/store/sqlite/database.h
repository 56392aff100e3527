// Thin owners of SQLite's handles: a connection, a statement with a fluent interface, a
// transaction.
//
// A call that fails throws SqlError; SqliteStore turns it into an Error (records.h). A Database
// belongs to one thread at a time.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/result.h"
#include "common/base/utc_time.h"
#include "daemon/store/row_columns.h"

namespace mkt {

class SqlError : public std::runtime_error {
 public:
  SqlError(int extended_code, const std::string& message)
      : std::runtime_error(message), extended_code_(extended_code) {}
  int extended_code() const { return extended_code_; }
  // What the store returns to its caller: storage_full or storage_failed.
  Error error() const;

 private:
  int extended_code_;
};

// A prepared statement in use: bind in order, step, read columns. The destructor resets it, so the
// prepared statement can be used again.
class Query : public RowColumns<Query> {
 public:
  explicit Query(sqlite3_stmt* statement) : statement_(statement) {}
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  Query& bind(std::string_view text);
  Query& bind(std::int64_t number);
  Query& bind(bool flag) { return bind(static_cast<std::int64_t>(flag)); }
  Query& bind(UtcTime time) { return bind(to_unix_ms(time)); }
  Query& bind(std::optional<UtcTime> time);
  Query& bind(std::optional<std::int64_t> number);
  Query& bind(const std::vector<std::string>& texts);  // as a JSON array

  bool step();  // false when there are no more rows
  void run();   // for a statement without rows

  // Columns of the current row, from 0.
  std::string text(int column) const;
  std::int64_t number(int column) const;

  // For rows of any table.
  int columns() const { return sqlite3_column_count(statement_); }
  std::string_view name(int column) const { return sqlite3_column_name(statement_, column); }
  bool is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  bool is_number(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_INTEGER;
  }

 private:
  void require(int result) const;
  sqlite3_stmt* statement_;
  int bound_ = 0;
};

class Database {
 public:
  enum class Mode { read_write, read_only };

  Database(const std::filesystem::path& file, Mode mode);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // `sql` must be a constant of the program: it is prepared at first use and cached by its address.
  Query query(const char* sql);
  void execute(const char* sql);  // one or more statements without parameters or rows
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;
  // For a statement made at run time; it must not outlive this object.
  Statement prepare_once(const std::string& sql);
  std::int64_t last_row_id() const { return sqlite3_last_insert_rowid(handle_); }
  int changes() const { return sqlite3_changes(handle_); }

 private:
  sqlite3* handle_ = nullptr;
  std::unordered_map<const char*, Statement> prepared_;
};

// Rolls back unless committed.
class Transaction {
 public:
  explicit Transaction(Database& database, const char* begin = "BEGIN IMMEDIATE");
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace mkt
