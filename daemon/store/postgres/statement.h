// PgStatement: one SQL statement with its parameters, ready to be sent.
//
// The text is a constant of the program, with $1, $2, … for the parameters. Parameters are typed:
// a number is a bigint, a text is text; a flag is a number, 0 or 1. A value; owns its parameters.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/base/json.h"
#include "common/base/utc_time.h"

namespace mkt::postgres {

// The database's clock, in milliseconds.
#define MKT_DATABASE_NOW "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"

struct PgParameter {
  enum class Type { bigint, text };
  Type type;
  bool is_null;
  std::string bytes;  // in PostgreSQL's binary form, so that a text may have any byte
};

class PgStatement {
 public:
  // `sql` is prepared at first use of each connection, and found again by its address.
  explicit PgStatement(const char* sql) : sql_(sql) {}

  PgStatement& bind(std::string_view text) {
    return add(PgParameter::Type::text, std::string(text));
  }
  PgStatement& bind(const std::string& text) { return bind(std::string_view(text)); }
  PgStatement& bind(const char* text) { return bind(std::string_view(text)); }
  template <typename Number>
  requires std::is_integral_v<Number> PgStatement& bind(Number number) {
    return add(PgParameter::Type::bigint, big_endian(static_cast<std::uint64_t>(number)));
  }
  PgStatement& bind(UtcTime time) { return bind(to_unix_ms(time)); }
  PgStatement& bind(std::optional<UtcTime> time) {
    return bind(time ? std::optional(to_unix_ms(*time)) : std::nullopt);
  }
  PgStatement& bind(std::optional<std::int64_t> number) {
    if (number) return bind(*number);
    parameters_.push_back({PgParameter::Type::bigint, true, {}});
    return *this;
  }
  PgStatement& bind(const std::vector<std::string>& texts) {  // as a JSON array
    return bind(std::string_view(dump_json(texts)));
  }

  const char* sql() const { return sql_; }
  const std::vector<PgParameter>& parameters() const { return parameters_; }

 private:
  PgStatement& add(PgParameter::Type type, std::string bytes) {
    parameters_.push_back({type, false, std::move(bytes)});
    return *this;
  }
  static std::string big_endian(std::uint64_t number) {
    std::string bytes(sizeof number, '\0');
    for (std::size_t i = bytes.size(); i-- > 0; number >>= 8) {
      bytes[i] = static_cast<char>(number & 0xff);
    }
    return bytes;
  }

  const char* sql_;
  std::vector<PgParameter> parameters_;
};

}  // namespace mkt::postgres
