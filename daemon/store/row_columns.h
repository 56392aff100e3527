// RowColumns: the values of a row, whichever database it comes from.
//
// A Row has, for columns that count from 0:
//   std::string text(int) const;   std::int64_t number(int) const;
//   bool is_null(int) const;       int columns() const;
// Times are milliseconds since 1970, UTC; a list of texts is a JSON array.
#pragma once

#include <cassert>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/json.h"
#include "common/base/utc_time.h"

namespace mkt {

template <typename Row>
class RowColumns {
 public:
  bool flag(int column) const { return row().number(column) != 0; }

  // All columns, in the order of the SELECT.
  template <typename... Values>
  void get(Values&... values) const {
    assert(sizeof...(Values) == static_cast<std::size_t>(row().columns()));
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

 private:
  const Row& row() const { return static_cast<const Row&>(*this); }

  void get_one(int column, std::string& value) const { value = row().text(column); }
  void get_one(int column, bool& value) const { value = flag(column); }
  void get_one(int column, UtcTime& value) const { value = from_unix_ms(row().number(column)); }
  void get_one(int column, std::vector<std::string>& value) const {
    value = Json::parse(row().text(column)).template get<std::vector<std::string>>();
  }
  template <std::integral Number>
  void get_one(int column, Number& value) const {
    value = static_cast<Number>(row().number(column));
  }
  template <typename Value>
  void get_one(int column, std::optional<Value>& value) const {
    value.reset();
    if (!row().is_null(column)) get_one(column, value.emplace());
  }
};

}  // namespace mkt
