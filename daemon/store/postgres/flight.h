// Flight: one transaction on a connection, made of as few round trips as possible.
//
// A read is a snapshot (REPEATABLE READ, READ ONLY); a change is READ COMMITTED, with row locks
// (`Hold`). BEGIN travels with the first statement. What a change writes is queued, and is sent
// with the next read of the change or with the COMMIT.
//
// The numbers of a change come from the one row of log_head: `seq` for the entries of the log,
// `num` for other rows that are listed in the order of commits. A change takes that row last: all
// other changes wait for who holds it. So what needs a number ("numbered" below) is sent with the
// COMMIT, in one message, and nothing is read back in between. Therefore number order is commit
// order:
//
//   BEGIN … holds, reads, plain writes …
//   UPDATE log_head · entries of the log · numbered rows · ticket (tickets.h) · COMMIT, then Sync
//
// A change does not see its own numbered rows, nor a plain write that stands after one in the
// queue; a read that would have to is a bug, and fails.
//
// Belongs to one thread, and to one read or change after another. Reads throw PgError.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/store/hold.h"
#include "daemon/store/postgres/connection.h"
#include "daemon/store/records/log.h"

namespace mkt::postgres {

class Flight;

// The same read with each kind of hold: MKT_HELD("SELECT …").
struct HeldSql {
  const char* none;
  const char* shared;
  const char* exclusive;
};
// NO KEY: a foreign key's check, which only wants the row to stay, need not wait.
#define MKT_HELD(sql) \
  ::mkt::postgres::HeldSql { sql, sql " FOR SHARE", sql " FOR NO KEY UPDATE" }

// A read: bind in order, step, read columns.
class Query {
 public:
  Query(Flight& flight, const char* sql) : flight_(flight), statement_(sql) {}

  template <typename Value>
  Query& bind(const Value& value) {
    statement_.bind(value);
    return *this;
  }

  bool step();  // false when there are no more rows; the first call asks the database

  template <typename... Values>
  void get(Values&... values) const {
    row().get(values...);
  }
  template <typename Value>
  Value only() const {
    return row().only<Value>();
  }
  PgRow row() const { return (*rows_)[row_]; }

 private:
  Flight& flight_;
  PgStatement statement_;
  std::optional<PgRows> rows_;
  int row_ = -1;
};

// Which number of the change a statement wants. Its parameter is how far that number lies behind
// log_head's, so the statement says "h.seq - $5" or "h.num - $5".
struct Number {
  enum class Of { entry, num };
  Of of;
  std::size_t index;  // the change's first has index 0
};

// A statement that writes: bind in order, then queue it.
class Write {
 public:
  Write(Flight& flight, const char* sql) : flight_(flight), statement_(sql) {}

  template <typename Value>
  Write& bind(const Value& value) {
    statement_.bind(value);
    return *this;
  }
  void queue();
  // Before the next read, whatever was queued before: nothing numbered may concern its rows.
  void queue_first();
  // Its last parameters are those numbers.
  void queue_numbered(std::vector<Number> numbers);
  // Sets numbers of rows that are there, and nothing else: the change never reads them back.
  void queue_numbering(Number number);
  // After everything else.
  void queue_last();
  // Sends it at once; how many rows it changed.
  std::int64_t now();

 private:
  Flight& flight_;
  PgStatement statement_;
};

struct FlightEnd {
  enum class Kind { committed, failed, in_doubt };
  Kind kind;
  std::optional<PgFailure> failure;  // where it is not committed
  std::int64_t seq = 0;              // of the newest entry
};

class Flight {
 public:
  enum class Mode { read, change };

  explicit Flight(Connection& connection) : connection_(connection) {}
  Flight(const Flight&) = delete;
  Flight& operator=(const Flight&) = delete;

  // `patience` is for each round trip.
  void begin(Mode mode, std::chrono::milliseconds patience);

  Query query(const char* sql) { return Query(*this, sql); }
  Query query(const HeldSql& sql, Hold hold);
  Write write(const char* sql) { return Write(*this, sql); }
  // Takes a lock that nothing is read with: it is sent with the next read.
  void hold(const PgStatement& lock);

  // Of this change, from 0.
  EntryRef append_entry(const NewLogEntry& entry);
  Number take_num() { return {Number::Of::num, nums_++}; }
  std::size_t entries() const { return entries_.size(); }

  // Ends a read: the answer is not waited for.
  void end_read();
  // Sends what is queued, with the COMMIT. The entries that were appended got the numbers up to
  // `seq`. `touches` is kept with the last of them.
  FlightEnd commit(std::string_view ticket, std::string_view touches,
                   std::chrono::milliseconds patience);
  // Does nothing where nothing was begun.
  void roll_back();

  // True once an answer of this transaction was read.
  bool has_read() const { return has_read_; }

 private:
  friend class Query;
  friend class Write;
  struct Queued {
    PgStatement statement;
    std::vector<Number> numbers;
  };

  PgRows run(const PgStatement& statement);
  void refuse_unseen(std::string_view sql) const;
  PgStatement begin_statement() const;
  bool takes_head() const { return !entries_.empty() || nums_ > 0; }
  PgStatement numbered(const Queued& queued) const;
  struct Batch {
    std::vector<PgStatement> statements;
    std::size_t ticket = 0;  // which of them returns the newest number
  };
  Batch flight_of(std::string_view ticket, std::string_view touches) const;

  Connection& connection_;
  Mode mode_ = Mode::read;
  std::chrono::milliseconds patience_{0};
  bool begun_ = false;
  bool has_read_ = false;
  std::optional<PgFailure> failure_;   // then the transaction is over
  std::vector<PgStatement> plain_;     // sent before the next read
  std::vector<Queued> after_numbers_;  // sent with the COMMIT: from the first numbered one on
  std::vector<Queued> last_;           // sent after those
  std::vector<PgStatement> entries_;
  std::int64_t newest_at_ = 0;  // of the entries
  std::size_t nums_ = 0;
};

}  // namespace mkt::postgres
