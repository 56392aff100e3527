#include "daemon/store/postgres/tickets.h"

#include <chrono>

#include "common/base/encoding.h"

namespace mkt::postgres {
namespace {

constexpr std::size_t kTicketBytes = 16;
constexpr std::chrono::milliseconds kTicketLife = std::chrono::hours(24);

// Runs them as one transaction.
PgAnswers transact(Connection& connection, std::vector<PgStatement> statements,
                   PgDeadline deadline) {
  statements.insert(statements.begin(),
                    PgStatement("BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE"));
  statements.push_back(PgStatement("COMMIT"));
  PgAnswers answers = connection.exchange(statements, deadline);
  if (answers.failure) connection.post(PgStatement("ROLLBACK"));
  if (!answers.failure && answers.warned) {
    answers.failure = PgFailure{"", "a standby did not confirm the commit"};
  }
  return answers;
}

}  // namespace

std::string new_ticket() { return random_hex(kTicketBytes); }

PgResult<SettledTicket> settle_ticket(Connection& connection, std::string_view ticket,
                                      PgDeadline deadline) {
  PgStatement insert(R"sql(
      INSERT INTO tickets (id, made_at, seq, entries)
      VALUES ($1, (extract(epoch FROM clock_timestamp()) * 1000)::bigint, 0, -1)
      ON CONFLICT DO NOTHING)sql");
  insert.bind(ticket);
  // Always a write: when its commit is confirmed by a standby, then so is what it has seen. A
  // primary that came back after a crash may show a commit that no standby has yet.
  PgStatement look("UPDATE tickets SET settled = settled + 1 WHERE id = $1 RETURNING seq, entries");
  look.bind(ticket);
  PgAnswers answers = transact(connection, {std::move(insert), std::move(look)}, deadline);
  if (answers.failure) return std::move(*answers.failure);
  SettledTicket settled;
  answers.rows[2][0].get(settled.seq, settled.entries);
  settled.committed = settled.entries >= 0;
  return settled;
}

PgResult<std::int64_t> remove_old_tickets(Connection& connection, std::int64_t limit,
                                          PgDeadline deadline) {
  PgStatement remove(R"sql(
      DELETE FROM tickets WHERE id IN (
        SELECT id FROM tickets
        WHERE made_at < (extract(epoch FROM clock_timestamp()) * 1000)::bigint - $1
        ORDER BY made_at LIMIT $2 FOR UPDATE SKIP LOCKED))sql");
  remove.bind(kTicketLife.count()).bind(limit);
  PgAnswers answers = transact(connection, {std::move(remove)}, deadline);
  if (answers.failure) return std::move(*answers.failure);
  return answers.rows[1].changed();
}

}  // namespace mkt::postgres
