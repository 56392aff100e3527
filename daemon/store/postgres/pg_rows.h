// PgRows: the rows that a statement returned. Owns them; a value that moves.
#pragma once

#include <libpq-fe.h>

#include <cassert>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "common/base/utc_time.h"

namespace mkt::postgres {

// One row; must not outlive its PgRows. Columns count from 0.
class PgRow {
 public:
  PgRow(const PGresult* result, int row) : result_(result), row_(row) {}

  std::string text(int column) const;
  std::int64_t number(int column) const;
  bool flag(int column) const { return number(column) != 0; }
  bool is_null(int column) const { return PQgetisnull(result_, row_, column) != 0; }

  // All columns, in the order of the SELECT.
  template <typename... Values>
  void get(Values&... values) const {
    assert(sizeof...(Values) == static_cast<std::size_t>(columns()));
    int column = 0;
    (get_one(column++, values), ...);
  }
  // The value of the only column.
  template <typename Value>
  Value only() const {
    Value value{};
    get(value);
    return value;
  }

  // For rows of any table.
  int columns() const { return PQnfields(result_); }
  std::string_view name(int column) const { return PQfname(result_, column); }
  bool is_number(int column) const;

 private:
  std::string_view view(int column) const;

  void get_one(int column, std::string& value) const { value = text(column); }
  void get_one(int column, bool& value) const { value = flag(column); }
  void get_one(int column, UtcTime& value) const { value = from_unix_ms(number(column)); }
  void get_one(int column, std::optional<UtcTime>& value) const {
    value.reset();
    if (!is_null(column)) value = from_unix_ms(number(column));
  }
  void get_one(int column, std::optional<std::int64_t>& value) const {
    value.reset();
    if (!is_null(column)) value = number(column);
  }
  void get_one(int column, std::vector<std::string>& value) const;  // from a JSON array
  template <typename Number>
  requires std::is_integral_v<Number>
  void get_one(int column, Number& value) const { value = static_cast<Number>(number(column)); }

  const PGresult* result_;
  int row_;
};

class PgRows {
 public:
  explicit PgRows(PGresult* result) : result_(result) {}

  int size() const { return PQntuples(result_.get()); }
  PgRow operator[](int row) const { return PgRow(result_.get(), row); }
  // How many rows an INSERT, UPDATE or DELETE has changed.
  std::int64_t changed() const;

 private:
  struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  std::unique_ptr<PGresult, Clear> result_;
};

}  // namespace mkt::postgres
