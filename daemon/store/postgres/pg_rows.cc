#include "daemon/store/postgres/pg_rows.h"

#include <charconv>

namespace mkt::postgres {
namespace {

// Of the catalog pg_type; these numbers are fixed.
constexpr Oid kInt8 = 20, kInt2 = 21, kInt4 = 23, kNumeric = 1700;

std::int64_t number_in(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

std::string_view PgRow::view(int column) const {
  return {PQgetvalue(result_, row_, column),
          static_cast<std::size_t>(PQgetlength(result_, row_, column))};
}

std::string PgRow::text(int column) const { return std::string(view(column)); }

std::int64_t PgRow::number(int column) const { return number_in(view(column)); }

bool PgRow::is_number(int column) const {
  const Oid type = PQftype(result_, column);
  return type == kInt8 || type == kInt2 || type == kInt4 || type == kNumeric;
}

std::int64_t PgRows::changed() const { return number_in(PQcmdTuples(result_.get())); }

}  // namespace mkt::postgres
