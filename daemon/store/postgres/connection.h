// Connection: one session with PostgreSQL, in libpq's pipeline mode.
//
// `exchange` sends several statements at once, followed by a Sync, and reads their answers: one
// round trip. It fails as a whole: after the first statement that fails, the server skips the
// others up to the Sync, a COMMIT too. The socket is non-blocking and answers are read while
// statements are still being sent, for otherwise both sides could wait for the other's buffer for
// ever. Every wait ends at a deadline, gives up the caller's turn (turns.h), and leaves a
// connection that is not usable any more: a late answer would be taken for that of the next
// statement.
//
// Statements are prepared at their first use. Belongs to one thread at a time.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/store/postgres/pg_failure.h"
#include "daemon/store/postgres/pg_rows.h"
#include "daemon/store/postgres/pg_target.h"
#include "daemon/store/postgres/statement.h"

namespace mkt::postgres {

using PgDeadline = std::chrono::steady_clock::time_point;

struct PgAnswers {
  std::vector<PgRows> rows;          // of the statements that were done, in their order
  std::optional<PgFailure> failure;  // of the one after them
  // The server has warned: a COMMIT that a standby did not confirm comes with a warning only.
  bool warned = false;
};

class Connection {
 public:
  // Takes the first host that accepts the connection and takes writes.
  static PgResult<std::unique_ptr<Connection>> open(const PgTarget& target, PgDeadline deadline);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  PgAnswers exchange(std::span<const PgStatement> statements, PgDeadline deadline);
  // Sends a statement and does not wait: the next exchange reads its answer first. For the end of a
  // transaction whose outcome nobody asks for.
  void post(const PgStatement& statement);
  // Statements without parameters or rows, outside of a transaction: they become one.
  std::optional<PgFailure> run_script(const char* sql, PgDeadline deadline);

  // Waits until somebody notifies on a channel that this connection listens to, at most until the
  // deadline; false where nobody did.
  bool wait_for_notification(PgDeadline deadline);
  // COPY (copy.cc), in the transaction that is open: rows as lines of its text format, with their
  // newlines. It may take as long as the server goes on; `silence` is the longest wait for it.
  using TakeLine = std::function<Status(std::string_view)>;
  // Gives the lines of `COPY … TO STDOUT` to `take`. Where that fails the connection is closed.
  Status copy_out(const char* sql, std::chrono::milliseconds silence, const TakeLine& take);
  // Runs `COPY … FROM STDIN` with the lines that `give` passes on. Where that fails, so does COPY.
  Status copy_in(const char* sql, std::chrono::milliseconds silence,
                 const std::function<Status(const TakeLine&)>& give);

  // False after the connection failed.
  bool usable() const { return usable_; }
  // The server's process that serves this connection.
  int backend_pid() const { return PQbackendPID(connection_.get()); }

 private:
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  using Handle = std::unique_ptr<PGconn, Finish>;

  // What libpq will return results for, in this order.
  struct Sent {
    const char* prepared = nullptr;  // the statement that is being prepared; else one that runs
  };

  explicit Connection(Handle connection);
  static PgResult<Handle> connect(const PgTarget::Settings& settings, PgDeadline deadline);
  static void on_notice(void* self, const PGresult* notice);

  bool send(const PgStatement& statement, std::vector<Sent>& sent);
  // Waits until libpq has a result or the end of one. A failure if it never will.
  std::optional<PgFailure> wait_for_result(PgDeadline deadline);
  std::optional<PgFailure> read_owed(PgDeadline deadline);
  std::optional<PgFailure> read_answers(const std::vector<Sent>& sent, PgDeadline deadline,
                                        PgAnswers& answers);
  std::optional<PgFailure> read_sync(PgDeadline deadline);
  // Of copy.cc. Begins a COPY: the server's answer must be `begun`.
  Status begin_copy(const char* sql, ExecStatusType begun, std::chrono::milliseconds silence);
  Status send_copied(std::string_view bytes, std::chrono::milliseconds silence);
  // Reads what is left of the answer, and goes back to pipeline mode.
  Status end_copy(std::chrono::milliseconds silence);
  // Waits until the socket can be read, or written where `writing`. A failure at the deadline.
  std::optional<PgFailure> wait_for_copy(bool writing, std::chrono::milliseconds silence);
  static PgFailure too_late();
  // False at the deadline.
  static bool wait_for_socket(int fd, short events, PgDeadline deadline);
  PgFailure lost();
  PgFailure failure_of(const PGresult* result);

  Handle connection_;
  bool usable_ = true;
  bool warned_ = false;
  int owed_syncs_ = 0;  // of posted statements, not yet read
  // Names of prepared statements, by the address of their text.
  std::unordered_map<const char*, std::string> prepared_;
  int next_name_ = 0;
};

}  // namespace mkt::postgres
