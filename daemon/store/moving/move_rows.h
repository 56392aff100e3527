// Moves all rows of a marketplace from one store to another, and shows that they are the same.
//
// An end is the rows of one store, in one transaction. Nothing is kept before `commit`; an end that
// is destroyed without it leaves its store as it was. One thread at a time uses an end.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "daemon/store/moving/moved_row.h"
#include "daemon/store/moving/moved_tables.h"
#include "daemon/store/sqlite/database_file.h"

namespace mkt {

// What the next numbers of a marketplace follow (postgres/schema.cc, log_head).
struct LogNumbers {
  std::int64_t seq = 0;  // the newest entry of the log
  std::int64_t num = 0;  // the highest number of a row
  std::int64_t at = 0;   // the time of the newest entry, in milliseconds
};

class RowsEnd {
 public:
  using Take = std::function<Status(const MovedRow&)>;

  virtual ~RowsEnd() = default;
  RowsEnd() = default;
  RowsEnd(const RowsEnd&) = delete;
  RowsEnd& operator=(const RowsEnd&) = delete;

  // All rows of the table by its key, until `take` fails.
  virtual Status each_row(const MovedTable& table, const Take& take) = 0;
  // Adds the rows that `give` passes on.
  virtual Status fill(const MovedTable& table, const std::function<Status(const Take&)>& give) = 0;
  virtual Result<LogNumbers> numbers() = 0;
  virtual Status set_numbers(const LogNumbers& numbers) = 0;
  virtual Status commit() = 0;
};

struct MovedCount {
  std::string table;
  TableDigest digest;
};

// Is told each table before its rows are moved, and again before they are read back.
using MoveProgress = std::function<void(const std::string&)>;

// Every table's count and digest.
Result<std::vector<MovedCount>> digest_rows(RowsEnd& end);
bool have_rows(const std::vector<MovedCount>& counts);
// The first table that differs; empty where none does.
std::string first_difference(const std::vector<MovedCount>& a, const std::vector<MovedCount>& b);

// Fills the target, which has no rows, and reads it back. data_damaged where that gives other rows
// than the source has. The caller commits.
Result<std::vector<MovedCount>> move_rows(RowsEnd& source, RowsEnd& target,
                                          const MoveProgress& progress);

// Every tarball that a version of the end needs, once each, by checksum.
Result<std::vector<BlobReference>> referenced_blobs(RowsEnd& end);

}  // namespace mkt
