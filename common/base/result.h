// Error and Result<T>: how an operation reports that it failed.
//
// A function returns Result<T> where its caller can act on the failure; exceptions are for bugs.
// Each layer may add what it knows with Error::context ("while publishing github@1.4.0"). The code
// stays that of the first cause; it decides the HTTP status and the exit status
// (common/base/error_code.h).
//
//   Result<Manifest> m = Manifest::parse(text);
//   if (!m) return m.error();                 // or: MKT_TRY(Manifest m, Manifest::parse(text));
#pragma once

#include <cassert>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/base/error_code.h"

namespace mkt {

// One finding among several, such as one in a manifest: where it is and what is wrong.
struct ErrorDetail {
  std::string path;
  std::string message;
};

// For something too large: its size and the largest size allowed, in bytes.
struct SizeBound {
  std::uint64_t most = 0;
  std::uint64_t actual = 0;
};

struct Error {
  ErrorCode code = ErrorCode::internal_error;
  std::string message;               // one sentence for a person: what, where, what to do
  std::vector<ErrorDetail> details;  // all findings, where there are several
  // When the other side asks to come back, where it says so.
  std::optional<std::chrono::milliseconds> retry_after;
  std::optional<SizeBound> size;  // of a 413

  Error() = default;
  Error(ErrorCode c, std::string m, std::vector<ErrorDetail> d = {})
      : code(c), message(std::move(m)), details(std::move(d)) {}

  // The same error with the view of one layer up: "what: message".
  Error context(std::string_view what) const& {
    Error outer(*this);
    outer.message = std::string(what) + ": " + message;
    return outer;
  }
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit

  explicit operator bool() const { return state_.index() == 0; }

  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  Error& error() & { return std::get<1>(state_); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : failed_(true), error_(std::move(error)) {}  // NOLINT: implicit

  explicit operator bool() const { return !failed_; }
  Error& error() & { return error_; }
  const Error& error() const& { return error_; }
  Error&& error() && { return std::move(error_); }

 private:
  bool failed_ = false;
  Error error_;
};

// Success or an error, with nothing to return.
using Status = Result<void>;

#define MKT_CONCAT_INNER(a, b) a##b
#define MKT_CONCAT(a, b) MKT_CONCAT_INNER(a, b)

// Returns the error to the caller, or declares the value.
#define MKT_TRY(declaration, expression)                         \
  auto MKT_CONCAT(mkt_result_, __LINE__) = (expression);         \
  if (!MKT_CONCAT(mkt_result_, __LINE__))                        \
    return std::move(MKT_CONCAT(mkt_result_, __LINE__)).error(); \
  declaration = std::move(MKT_CONCAT(mkt_result_, __LINE__)).value()  // NOLINT(bugprone-macro-*)

// The same for a Status.
#define MKT_CHECK(expression)                              \
  do {                                                     \
    auto mkt_status = (expression);                        \
    if (!mkt_status) return std::move(mkt_status).error(); \
  } while (false)

}  // namespace mkt
