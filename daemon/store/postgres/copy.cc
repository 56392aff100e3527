// COPY on a connection; see "Functions Associated with the COPY Command" in libpq's manual. It is
// not possible in pipeline mode, which is left for it.
#include <poll.h>

#include "daemon/store/postgres/connection.h"

namespace mkt::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Small rows are sent together.
constexpr std::size_t kCopyBytesAtOnce = 64 * 1024;

struct FreeLine {
  void operator()(char* line) const { PQfreemem(line); }
};

struct ClearCopy {
  void operator()(PGresult* result) const { PQclear(result); }
};
using CopyAnswer = std::unique_ptr<PGresult, ClearCopy>;

}  // namespace

std::optional<PgFailure> Connection::wait_for_copy(bool writing, milliseconds silence) {
  const auto events = static_cast<short>(writing ? POLLIN | POLLOUT : POLLIN);
  if (!wait_for_socket(PQsocket(connection_.get()), events, steady_clock::now() + silence)) {
    usable_ = false;
    return too_late();
  }
  if (PQconsumeInput(connection_.get()) != 1) return lost();
  return std::nullopt;
}

Status Connection::begin_copy(const char* sql, ExecStatusType begun, milliseconds silence) {
  if (!usable_) return error_of({"", "the connection is closed"});
  const auto deadline = steady_clock::now() + silence;
  if (auto failure = read_owed(deadline)) return error_of(*failure);
  PGconn* const c = connection_.get();
  if (PQexitPipelineMode(c) != 1 || PQsendQuery(c, sql) != 1) return error_of(lost());
  if (auto failure = wait_for_result(deadline)) return error_of(*failure);
  const CopyAnswer answer(PQgetResult(c));
  if (answer && PQresultStatus(answer.get()) == begun) return {};
  const Error refused = error_of(answer ? failure_of(answer.get()) : lost());
  if (usable_) MKT_CHECK(end_copy(silence));
  return refused;
}

Status Connection::end_copy(milliseconds silence) {
  PGconn* const c = connection_.get();
  std::optional<PgFailure> failure;
  for (;;) {
    if (auto broken = wait_for_result(steady_clock::now() + silence)) return error_of(*broken);
    const CopyAnswer answer(PQgetResult(c));
    if (!answer) break;
    if (PQresultStatus(answer.get()) == PGRES_FATAL_ERROR && !failure) {
      failure = failure_of(answer.get());
    }
  }
  if (usable_ && PQenterPipelineMode(c) != 1) return error_of(lost());
  if (failure) return error_of(*failure);
  return {};
}

Status Connection::copy_out(const char* sql, milliseconds silence, const TakeLine& take) {
  MKT_CHECK(begin_copy(sql, PGRES_COPY_OUT, silence));
  for (;;) {
    char* line = nullptr;
    constexpr int kDoNotWait = 1;
    const int bytes = PQgetCopyData(connection_.get(), &line, kDoNotWait);
    const std::unique_ptr<char, FreeLine> owned(line);
    if (bytes > 0) {
      if (Status taken = take({line, static_cast<std::size_t>(bytes)}); !taken) {
        usable_ = false;  // the rest of the rows would have to be read
        return taken;
      }
    } else if (bytes == 0) {
      if (auto failure = wait_for_copy(false, silence)) return error_of(*failure);
    } else {
      return end_copy(silence);  // where the server failed, that says so
    }
  }
}

Status Connection::send_copied(std::string_view bytes, milliseconds silence) {
  PGconn* const c = connection_.get();
  while (!bytes.empty()) {
    const int sent = PQputCopyData(c, bytes.data(), static_cast<int>(bytes.size()));
    if (sent < 0) return error_of(lost());
    if (sent == 1) bytes = {};
    // libpq's own buffer would grow by all that is not yet sent.
    for (int unsent = PQflush(c); unsent != 0; unsent = PQflush(c)) {
      if (unsent < 0) return error_of(lost());
      if (auto failure = wait_for_copy(true, silence)) return error_of(*failure);
    }
  }
  return {};
}

Status Connection::copy_in(const char* sql, milliseconds silence,
                           const std::function<Status(const TakeLine&)>& give) {
  MKT_CHECK(begin_copy(sql, PGRES_COPY_IN, silence));
  std::string buffer;
  Status given = give([&](std::string_view line) -> Status {
    buffer += line;
    if (buffer.size() < kCopyBytesAtOnce) return {};
    Status sent = send_copied(buffer, silence);
    buffer.clear();
    return sent;
  });
  if (given) given = send_copied(buffer, silence);
  if (!usable_) return given;
  PGconn* const c = connection_.get();
  for (int ended = 0; ended != 1;) {
    ended = PQputCopyEnd(c, given ? nullptr : "the rows cannot be read");
    if (ended < 0) return error_of(lost());
    if (ended == 0) {
      if (auto failure = wait_for_copy(true, silence)) return error_of(*failure);
    }
  }
  Status taken = end_copy(silence);
  return given ? std::move(taken) : std::move(given);
}

}  // namespace mkt::postgres
