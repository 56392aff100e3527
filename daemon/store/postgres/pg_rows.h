// PgRows: the rows that a statement returned. Owns them; a value that moves.
#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/utc_time.h"
#include "daemon/store/row_columns.h"

namespace mkt::postgres {

// One row; must not outlive its PgRows. Columns count from 0.
class PgRow : public RowColumns<PgRow> {
 public:
  PgRow(const PGresult* result, int row) : result_(result), row_(row) {}

  std::string text(int column) const;
  std::int64_t number(int column) const;
  bool is_null(int column) const { return PQgetisnull(result_, row_, column) != 0; }

  // For rows of any table.
  int columns() const { return PQnfields(result_); }
  std::string_view name(int column) const { return PQfname(result_, column); }
  bool is_number(int column) const;

 private:
  std::string_view view(int column) const;

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
