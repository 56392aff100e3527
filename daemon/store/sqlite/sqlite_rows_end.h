// SqliteRowsEnd: the rows of a database file as one end of a move (moving/move_rows.h).
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "daemon/store/moving/move_rows.h"
#include "daemon/store/sqlite/database.h"

namespace mkt {

class SqliteRowsEnd : public RowsEnd {
 public:
  // A snapshot, also beside the daemon that uses the file. data_damaged where it has not the schema
  // of this build.
  static Result<std::unique_ptr<SqliteRowsEnd>> read(const std::filesystem::path& file);
  // To be filled, and durable after `commit`: the file is made, and the tables where it has none.
  static Result<std::unique_ptr<SqliteRowsEnd>> write(const std::filesystem::path& file);
  // A new file by itself, without a log beside it; not synced.
  static Result<std::unique_ptr<SqliteRowsEnd>> write_copy(const std::filesystem::path& file);

  Status each_row(const MovedTable& table, const Take& take) override;
  Status fill(const MovedTable& table, const std::function<Status(const Take&)>& give) override;
  Result<LogNumbers> numbers() override;
  Status set_numbers(const LogNumbers& numbers) override;
  Status commit() override;

 private:
  SqliteRowsEnd(const std::filesystem::path& file, Database::Mode mode) : db_(file, mode) {}
  static Result<std::unique_ptr<SqliteRowsEnd>> open_to_write(const std::filesystem::path& file,
                                                              const char* settings);

  Database db_;
  std::optional<Transaction> transaction_;
};

}  // namespace mkt
