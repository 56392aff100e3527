// PgFailure: why PostgreSQL did not do something, as a value, and what that means for the caller.
//
// A failure has a SQLSTATE (PostgreSQL's manual, appendix A). Without one, the connection failed,
// and nobody knows what the server did. `kind_of` puts every SQLSTATE into one of few classes;
// nothing else in the store compares SQLSTATEs.
#pragma once

#include <exception>
#include <string>
#include <utility>
#include <variant>

#include "common/base/result.h"

namespace mkt::postgres {

struct PgFailure {
  std::string state;  // SQLSTATE, five characters; empty where the connection failed
  std::string message;
  bool late = false;  // the time was over before the server answered
};

enum class FailureKind {
  decide_again,  // a race with another change: roll back, and decide by what is there now
  reconnect,     // the connection or the server is gone, or is no primary any more
  storage_full,
  storage_failed,
  bad_text,  // a text that PostgreSQL cannot keep: a NUL, or bytes that are not UTF-8
  bug,       // a statement of ours is wrong
};

FailureKind kind_of(const PgFailure& failure);

// What the store returns to its caller.
Error error_of(const PgFailure& failure);

// A value, or why there is none.
template <typename T>
class [[nodiscard]] PgResult {
 public:
  PgResult(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit
  PgResult(PgFailure failure)
      : state_(std::in_place_index<1>, std::move(failure)) {}  // NOLINT: implicit

  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() & { return std::get<0>(state_); }
  T* operator->() { return &std::get<0>(state_); }
  PgFailure& failure() { return std::get<1>(state_); }

 private:
  std::variant<T, PgFailure> state_;
};

// How a failure passes through code that works on Records (records.h); nothing else throws it.
class PgError : public std::exception {
 public:
  explicit PgError(PgFailure failure) : failure_(std::move(failure)) {}
  const PgFailure& failure() const { return failure_; }
  const char* what() const noexcept override { return failure_.message.c_str(); }

 private:
  PgFailure failure_;
};

}  // namespace mkt::postgres
