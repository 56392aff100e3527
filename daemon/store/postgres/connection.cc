// Talking to libpq; see "Pipeline Mode" and "Asynchronous Command Processing" in its manual.
#include "daemon/store/postgres/connection.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "common/base/turns.h"

namespace mkt::postgres {
namespace {

constexpr Oid kBigint = 20, kText = 25;  // of the catalog pg_type; fixed

// libpq ends its messages with a newline, and may put several lines into one.
std::string in_one_line(std::string_view message) {
  while (!message.empty() && message.back() == '\n') message.remove_suffix(1);
  std::string line(message);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

std::string_view field_of(const PGresult* result, int field) {
  const char* text = PQresultErrorField(result, field);
  return text == nullptr ? std::string_view() : text;
}

struct Clear {
  void operator()(PGresult* result) const { PQclear(result); }
};
using PgAnswer = std::unique_ptr<PGresult, Clear>;

}  // namespace

PgFailure Connection::too_late() { return {"", "it did not answer in time", true}; }

bool Connection::wait_for_socket(int fd, short events, PgDeadline deadline) {
  const TurnPause pause;
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd polled{fd, events, 0};
    const int ready = ::poll(&polled, 1, static_cast<int>(std::min<long>(left.count(), 60'000)));
    if (ready > 0 || (ready < 0 && errno != EINTR)) return true;
  }
}

PgResult<Connection::Handle> Connection::connect(const PgTarget::Settings& settings,
                                                 PgDeadline deadline) {
  std::vector<const char*> names, values;
  for (const auto& [name, value] : settings) {
    names.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  Handle handle(PQconnectStartParams(names.data(), values.data(), 0));
  if (!handle) return PgFailure{"", "there is no memory for a connection"};
  for (auto state = PGRES_POLLING_WRITING; state != PGRES_POLLING_OK;
       state = PQconnectPoll(handle.get())) {
    if (state == PGRES_POLLING_FAILED || PQstatus(handle.get()) == CONNECTION_BAD) {
      return PgFailure{"", in_one_line(PQerrorMessage(handle.get()))};
    }
    const short events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (!wait_for_socket(PQsocket(handle.get()), events, deadline)) return too_late();
  }
  return handle;
}

PgResult<std::unique_ptr<Connection>> Connection::open(const PgTarget& target,
                                                       PgDeadline deadline) {
  PgFailure last;
  auto hosts_left = static_cast<int>(target.hosts().size());
  for (const PgTarget::Settings& settings : target.hosts()) {
    // A host that hangs must leave time for the others.
    const auto now = std::chrono::steady_clock::now();
    auto handle = connect(settings, now + (deadline - now) / hosts_left--);
    if (handle) return std::unique_ptr<Connection>(new Connection(std::move(*handle)));
    last = std::move(handle.failure());
  }
  last.message = fmt::format("{} cannot be reached: {}", target.place(), last.message);
  return last;
}

Connection::Connection(Handle connection) : connection_(std::move(connection)) {
  PQsetNoticeReceiver(connection_.get(), on_notice, this);
  usable_ =
      PQsetnonblocking(connection_.get(), 1) == 0 && PQenterPipelineMode(connection_.get()) == 1;
}

Connection::~Connection() = default;

void Connection::on_notice(void* self, const PGresult* notice) {
  if (field_of(notice, PG_DIAG_SEVERITY_NONLOCALIZED) == "WARNING") {
    static_cast<Connection*>(self)->warned_ = true;
  }
}

bool Connection::send(const PgStatement& statement, std::vector<Sent>& sent) {
  const auto& parameters = statement.parameters();
  const auto count = static_cast<int>(parameters.size());
  std::string& name = prepared_[statement.sql()];
  if (name.empty()) {
    name = fmt::format("s{}", next_name_++);
    std::vector<Oid> types;
    for (const PgParameter& p : parameters) {
      types.push_back(p.type == PgParameter::Type::bigint ? kBigint : kText);
    }
    if (PQsendPrepare(connection_.get(), name.c_str(), statement.sql(), count, types.data()) != 1) {
      return false;
    }
    sent.push_back({statement.sql()});
  }
  std::vector<const char*> values;
  std::vector<int> lengths;
  for (const PgParameter& p : parameters) {
    values.push_back(p.is_null ? nullptr : p.bytes.data());
    lengths.push_back(static_cast<int>(p.bytes.size()));
  }
  const std::vector<int> binary(parameters.size(), 1);
  constexpr int kRowsAsText = 0;
  if (PQsendQueryPrepared(connection_.get(), name.c_str(), count, values.data(), lengths.data(),
                          binary.data(), kRowsAsText) != 1) {
    return false;
  }
  sent.emplace_back();
  return true;
}

std::optional<PgFailure> Connection::wait_for_result(PgDeadline deadline) {
  for (;;) {
    // A failed write is told by the read that follows it.
    const bool unsent = PQflush(connection_.get()) == 1;
    if (PQisBusy(connection_.get()) == 0) {
      if (PQstatus(connection_.get()) == CONNECTION_BAD) return lost();
      return std::nullopt;
    }
    const auto events = static_cast<short>(unsent ? POLLIN | POLLOUT : POLLIN);
    if (!wait_for_socket(PQsocket(connection_.get()), events, deadline)) {
      usable_ = false;
      return too_late();
    }
    if (PQconsumeInput(connection_.get()) != 1) return lost();
  }
}

PgFailure Connection::lost() {
  usable_ = false;
  return {"", in_one_line(PQerrorMessage(connection_.get()))};
}

PgFailure Connection::failure_of(const PGresult* result) {
  PgFailure failure{std::string(field_of(result, PG_DIAG_SQLSTATE)),
                    std::string(field_of(result, PG_DIAG_MESSAGE_PRIMARY))};
  if (failure.state.empty()) return lost();
  // FATAL and PANIC: the server closes the connection after it.
  if (field_of(result, PG_DIAG_SEVERITY_NONLOCALIZED) != "ERROR") usable_ = false;
  return failure;
}

std::optional<PgFailure> Connection::read_owed(PgDeadline deadline) {
  while (owed_syncs_ > 0) {
    if (auto failure = wait_for_result(deadline)) return failure;
    const PgAnswer answer(PQgetResult(connection_.get()));
    if (answer && PQresultStatus(answer.get()) == PGRES_PIPELINE_SYNC) --owed_syncs_;
    if (answer && PQresultStatus(answer.get()) == PGRES_FATAL_ERROR) {
      const PgFailure failure = failure_of(answer.get());
      if (!usable_) return failure;
    }
  }
  return std::nullopt;
}

std::optional<PgFailure> Connection::read_answers(const std::vector<Sent>& sent,
                                                  PgDeadline deadline, PgAnswers& answers) {
  for (const Sent& one : sent) {
    // The results of one command end with a null.
    for (;;) {
      if (auto failure = wait_for_result(deadline)) return failure;
      PGresult* const result = PQgetResult(connection_.get());
      if (result == nullptr) break;
      PgRows rows(result);
      const auto status = PQresultStatus(result);
      if (status == PGRES_FATAL_ERROR || status == PGRES_PIPELINE_ABORTED) {
        // It was not prepared, or the statements before it failed, and it was skipped.
        if (one.prepared != nullptr) prepared_.erase(one.prepared);
        if (status == PGRES_FATAL_ERROR && !answers.failure) answers.failure = failure_of(result);
        if (!usable_) return answers.failure;
      } else if (one.prepared == nullptr && !answers.failure) {
        answers.rows.push_back(std::move(rows));
      }
    }
  }
  return read_sync(deadline);
}

std::optional<PgFailure> Connection::read_sync(PgDeadline deadline) {
  if (auto failure = wait_for_result(deadline)) return failure;
  const PgAnswer answer(PQgetResult(connection_.get()));
  if (answer && PQresultStatus(answer.get()) == PGRES_PIPELINE_SYNC) return std::nullopt;
  return lost();
}

PgAnswers Connection::exchange(std::span<const PgStatement> statements, PgDeadline deadline) {
  PgAnswers answers;
  if (!usable_) {
    answers.failure = PgFailure{"", "the connection is closed"};
    return answers;
  }
  warned_ = false;
  std::vector<Sent> sent;
  bool queued = true;
  for (const PgStatement& statement : statements) queued = queued && send(statement, sent);
  if (!queued || PQpipelineSync(connection_.get()) != 1) {
    answers.failure = lost();
    return answers;
  }
  auto failure = read_owed(deadline);
  if (!failure) failure = read_answers(sent, deadline, answers);
  if (failure && !answers.failure) answers.failure = std::move(failure);
  answers.warned = warned_;
  return answers;
}

void Connection::post(const PgStatement& statement) {
  if (!usable_) return;
  std::vector<Sent> sent;
  if (!send(statement, sent) || PQpipelineSync(connection_.get()) != 1) {
    usable_ = false;
    return;
  }
  ++owed_syncs_;
  PQflush(connection_.get());
}

bool Connection::wait_for_notification(PgDeadline deadline) {
  PGconn* const c = connection_.get();
  for (;;) {
    bool notified = false;
    while (PGnotify* const one = PQnotifies(c)) {
      PQfreemem(one);
      notified = true;
    }
    if (notified) return true;
    if (!wait_for_socket(PQsocket(c), POLLIN, deadline)) return false;
    if (PQconsumeInput(c) == 1) continue;
    usable_ = false;
    return false;
  }
}

std::optional<PgFailure> Connection::run_script(const char* sql, PgDeadline deadline) {
  if (auto failure = read_owed(deadline)) return failure;
  PGconn* const c = connection_.get();
  // The extended protocol of pipeline mode takes one statement at a time.
  if (PQexitPipelineMode(c) != 1 || PQsendQuery(c, sql) != 1) return lost();
  std::optional<PgFailure> failure;
  for (;;) {
    if (auto broken = wait_for_result(deadline)) return broken;
    const PgAnswer answer(PQgetResult(c));
    if (!answer) break;
    if (PQresultStatus(answer.get()) == PGRES_FATAL_ERROR) failure = failure_of(answer.get());
  }
  if (usable_ && PQenterPipelineMode(c) != 1) return lost();
  return failure;
}

}  // namespace mkt::postgres
