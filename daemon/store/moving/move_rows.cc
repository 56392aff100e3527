#include "daemon/store/moving/move_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

namespace mkt {
namespace {

Result<TableDigest> digest_table(RowsEnd& end, const MovedTable& table) {
  TableHasher hasher;
  MKT_CHECK(end.each_row(table, [&](const MovedRow& row) -> Status {
    hasher.add(row);
    return {};
  }));
  return hasher.finish();
}

// Fills the table, and returns what the source gave.
Result<TableDigest> move_table(RowsEnd& source, RowsEnd& target, const MovedTable& table) {
  TableHasher hasher;
  MKT_CHECK(target.fill(table, [&](const RowsEnd::Take& take) {
    return source.each_row(table, [&](const MovedRow& row) {
      hasher.add(row);
      return take(row);
    });
  }));
  return hasher.finish();
}

}  // namespace

Result<std::vector<MovedCount>> digest_rows(RowsEnd& end) {
  std::vector<MovedCount> counts;
  for (const MovedTable& table : moved_tables()) {
    MKT_TRY(const TableDigest digest, digest_table(end, table));
    counts.push_back({table.name, digest});
  }
  return counts;
}

bool have_rows(const std::vector<MovedCount>& counts) {
  return std::any_of(counts.begin(), counts.end(),
                     [](const MovedCount& count) { return count.digest.rows > 0; });
}

std::string first_difference(const std::vector<MovedCount>& a, const std::vector<MovedCount>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (i >= b.size() || !(a[i].digest == b[i].digest)) return a[i].table;
  }
  return {};
}

Result<std::vector<MovedCount>> move_rows(RowsEnd& source, RowsEnd& target,
                                          const MoveProgress& progress) {
  std::vector<MovedCount> given;
  for (const MovedTable& table : moved_tables()) {
    progress(fmt::format("copying {}", table.name));
    auto digest = move_table(source, target, table);
    if (!digest) return digest.error().context(fmt::format("while copying {}", table.name));
    given.push_back({table.name, *digest});
  }
  MKT_TRY(const LogNumbers numbers, source.numbers());
  MKT_CHECK(target.set_numbers(numbers));
  progress("comparing both sides");
  MKT_TRY(const auto kept, digest_rows(target));
  if (const std::string table = first_difference(given, kept); !table.empty()) {
    return Error(ErrorCode::data_damaged,
                 fmt::format("the rows of {} are not the same after they were copied; nothing was "
                             "kept",
                             table));
  }
  return given;
}

Result<std::vector<BlobReference>> referenced_blobs(RowsEnd& end) {
  const auto tables = moved_tables();
  const auto versions = std::find_if(tables.begin(), tables.end(), [](const MovedTable& table) {
    return std::string_view(table.name) == "versions";
  });
  const std::string_view columns = versions->columns;
  const std::size_t withdrawn_at = columns_in(columns.substr(0, columns.find("withdrawn_at"))) - 1;
  std::map<std::string, BlobReference> by_hex;
  MKT_CHECK(end.each_row(*versions, [&](const MovedRow& row) -> Status {
    if (row[withdrawn_at]) return {};  // its bytes are gone
    // connector_id, version, checksum, size, …
    MKT_TRY(const Checksum checksum, Checksum::parse(row[2].value_or("")));
    const std::string size = row[3].value_or("");
    BlobReference blob{checksum, 0, row[0].value_or("") + "@" + row[1].value_or("")};
    std::from_chars(size.data(), size.data() + size.size(), blob.size);
    by_hex.emplace(checksum.hex(), std::move(blob));
    return {};
  }));
  std::vector<BlobReference> all;
  for (auto& [hex, blob] : by_hex) all.push_back(std::move(blob));
  return all;
}

}  // namespace mkt
