// MovedRow: one row of a table on its way between two stores, as texts.
//
// A row is the same whichever store it was read from: numbers are decimal digits, flags 0 or 1, a
// missing value is a value of its own. Its one encoding is a line of PostgreSQL's COPY (text
// format): values between tabs, "\N" for a missing one, and backslashes before what would end a
// value. Both stores' rows are compared by the SHA-256 of these lines, in the order of the table's
// key.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/connector/checksum.h"

namespace mkt {

using MovedRow = std::vector<std::optional<std::string>>;

// With its newline.
std::string line_of(const MovedRow& row);
// data_damaged where it is no such line. The newline may be missing.
Result<MovedRow> row_of_line(std::string_view line);

// How many rows a table has, and the SHA-256 of their lines.
struct TableDigest {
  std::uint64_t rows = 0;
  Checksum sha256;
  friend bool operator==(const TableDigest&, const TableDigest&) = default;
};

class TableHasher {
 public:
  void add(const MovedRow& row);
  TableDigest finish() { return {rows_, hasher_.finish()}; }

 private:
  Hasher hasher_;
  std::uint64_t rows_ = 0;
};

}  // namespace mkt
