#include "daemon/store/postgres/postgres_rows_end.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <vector>

#include "daemon/store/postgres/schema.h"

namespace mkt {
namespace {

using postgres::PgRows;
using postgres::PgStatement;
using std::chrono::steady_clock;

constexpr std::chrono::seconds kToConnect{10};
// A large table takes its time to be sorted, or to have its references checked; the server is
// silent meanwhile. One that is gone is noticed by the connection itself (pg_target.cc).
constexpr std::chrono::minutes kSilence{30};

constexpr const char* kBeginSnapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
constexpr const char* kBeginLeaving = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ WRITE";
constexpr const char* kBeginArriving = "BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE";

Result<std::unique_ptr<postgres::Connection>> connect(const postgres::PgTarget& target) {
  auto connection = postgres::Connection::open(target, steady_clock::now() + kToConnect);
  if (!connection) return error_of(connection.failure());
  return std::move(*connection);
}

}  // namespace

Status PostgresRowsEnd::prepare(const postgres::PgTarget& target) {
  MKT_TRY(const auto connection, connect(target));
  const auto deadline = steady_clock::now() + kSilence;
  Status made = create_schema(*connection, deadline);
  if (!made && made.error().code != ErrorCode::target_exists) return made;
  return check_schema(*connection, deadline);
}

Result<std::unique_ptr<PostgresRowsEnd>> PostgresRowsEnd::open(const postgres::PgTarget& target,
                                                               const char* begin) {
  MKT_TRY(auto connection, connect(target));
  MKT_CHECK(check_schema(*connection, steady_clock::now() + kToConnect));
  std::unique_ptr<PostgresRowsEnd> end(new PostgresRowsEnd(std::move(connection)));
  MKT_CHECK(end->run(PgStatement(begin)));
  // Between two tables the other end may be at work for long.
  MKT_CHECK(end->run(PgStatement("SET LOCAL idle_in_transaction_session_timeout = 0")));
  return end;
}

Result<std::unique_ptr<PostgresRowsEnd>> PostgresRowsEnd::open_alone(
    const postgres::PgTarget& target, const char* begin) {
  MKT_TRY(auto end, open(target, begin));
  const PgStatement hold("SELECT moved_to FROM log_head WHERE id = 1 FOR UPDATE");
  auto answers = end->connection_->exchange({&hold, 1}, steady_clock::now() + kSilence);
  if (answers.failure) {
    if (kind_of(*answers.failure) != postgres::FailureKind::decide_again) {
      return error_of(*answers.failure);
    }
    return Error(ErrorCode::busy,
                 "somebody else is changing the database, or moving it; try again when that is "
                 "over");
  }
  if (!answers.rows[0][0].only<std::string>().empty()) {
    return Error(ErrorCode::data_moved, "somebody else has just moved the marketplace away");
  }
  MKT_CHECK(end->require_no_daemons());
  return end;
}

Result<std::unique_ptr<PostgresRowsEnd>> PostgresRowsEnd::read(const postgres::PgTarget& target) {
  return open(target, kBeginSnapshot);
}

Result<std::unique_ptr<PostgresRowsEnd>> PostgresRowsEnd::leave(const postgres::PgTarget& target) {
  return open_alone(target, kBeginLeaving);
}

Result<std::unique_ptr<PostgresRowsEnd>> PostgresRowsEnd::arrive(const postgres::PgTarget& target) {
  return open_alone(target, kBeginArriving);
}

Result<PgRows> PostgresRowsEnd::run(const PgStatement& statement) {
  auto answers = connection_->exchange({&statement, 1}, steady_clock::now() + kSilence);
  if (answers.failure) return error_of(*answers.failure);
  return std::move(answers.rows[0]);
}

Status PostgresRowsEnd::require_no_daemons() {
  MKT_TRY(const PgRows rows, run(PgStatement(R"sql(
      SELECT coalesce(nullif(url, ''), host), id FROM daemons
      WHERE until > (extract(epoch FROM clock_timestamp()) * 1000)::bigint ORDER BY url, id)sql")));
  if (rows.size() == 0) return {};
  std::vector<std::string> names;
  for (int i = 0; i < rows.size(); ++i) {
    names.push_back(fmt::format("{} ({})", rows[i].text(0), rows[i].text(1)));
  }
  return Error(ErrorCode::data_locked,
               fmt::format("daemons serve the database: {}; stop them and run this again (one that "
                           "was killed counts for ten seconds more)",
                           fmt::join(names, ", ")));
}

Status PostgresRowsEnd::each_row(const MovedTable& table, const Take& take) {
  const std::string sql = fmt::format("COPY ({}) TO STDOUT", table.select());
  return connection_->copy_out(sql.c_str(), kSilence, [&](std::string_view line) -> Status {
    MKT_TRY(const MovedRow row, row_of_line(line));
    return take(row);
  });
}

Status PostgresRowsEnd::fill(const MovedTable& table,
                             const std::function<Status(const Take&)>& give) {
  const std::string sql = fmt::format("COPY {} ({}) FROM STDIN", table.name, table.columns);
  return connection_->copy_in(
      sql.c_str(), kSilence, [&](const postgres::Connection::TakeLine& send) {
        return give([&](const MovedRow& row) { return send(line_of(row)); });
      });
}

Result<LogNumbers> PostgresRowsEnd::numbers() {
  MKT_TRY(const PgRows rows, run(PgStatement("SELECT seq, num, at FROM log_head WHERE id = 1")));
  LogNumbers numbers;
  rows[0].get(numbers.seq, numbers.num, numbers.at);
  return numbers;
}

Status PostgresRowsEnd::set_numbers(const LogNumbers& numbers) {
  // An outbox that is complete is one that changes go into (service/outbox.cc).
  PgStatement set(R"sql(
      UPDATE log_head
      SET seq = $1, num = $2, at = $3,
          mirrored = (SELECT count(*) FROM mirror_state WHERE name = 'complete' AND value = 'yes')
      WHERE id = 1)sql");
  set.bind(numbers.seq).bind(numbers.num).bind(numbers.at);
  MKT_CHECK(run(set));
  return {};
}

Status PostgresRowsEnd::commit() {
  MKT_CHECK(run(PgStatement("COMMIT")));
  return {};
}

Status PostgresRowsEnd::commit_moved(std::string_view where) {
  PgStatement mark(
      "UPDATE log_head SET moved_to = $1, moved_seq = seq, moved_num = num WHERE id = 1");
  MKT_CHECK(run(mark.bind(where)));
  MKT_CHECK(commit());
  // A daemon that was stopped in the middle, or came just now, finds its row gone, and is refused a
  // new one: it remembers nothing any more.
  MKT_CHECK(run(PgStatement("DELETE FROM daemons")));
  return {};
}

void PostgresRowsEnd::analyze() {
  for (const MovedTable& table : moved_tables()) {
    connection_->run_script(fmt::format("ANALYZE {}", table.name).c_str(),
                            steady_clock::now() + kSilence);
  }
}

}  // namespace mkt
