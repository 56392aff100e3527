#include "daemon/store/postgres/flight.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace mkt::postgres {
namespace {

// The first word after INTO, UPDATE or FROM.
std::string_view written_table(std::string_view sql) {
  for (const std::string_view before : {"INTO ", "UPDATE ", "FROM "}) {
    const std::size_t at = sql.find(before);
    if (at == std::string_view::npos) continue;
    const std::size_t begin = at + before.size();
    return sql.substr(begin, sql.find_first_of(" \n(", begin) - begin);
  }
  return sql;
}

}  // namespace

bool Query::step() {
  if (!rows_) rows_ = flight_.run(statement_);
  return ++row_ < rows_->size();
}

void Write::queue() {
  if (flight_.after_numbers_.empty()) {
    flight_.plain_.push_back(std::move(statement_));
  } else {
    flight_.after_numbers_.push_back({std::move(statement_), {}});
  }
}

void Write::queue_first() { flight_.plain_.push_back(std::move(statement_)); }

void Write::queue_numbered(std::vector<Number> numbers) {
  flight_.after_numbers_.push_back({std::move(statement_), std::move(numbers)});
}

void Write::queue_last() { flight_.last_.push_back({std::move(statement_), {}}); }

void Write::queue_numbering(Number number) {
  flight_.last_.push_back({std::move(statement_), {number}});
}

std::int64_t Write::now() { return flight_.run(statement_).changed(); }

void Flight::begin(Mode mode, std::chrono::milliseconds patience) {
  mode_ = mode;
  patience_ = patience;
  begun_ = has_read_ = false;
  failure_.reset();
  plain_.clear();
  after_numbers_.clear();
  last_.clear();
  entries_.clear();
  newest_at_ = std::numeric_limits<std::int64_t>::min();
  nums_ = 0;
}

Query Flight::query(const HeldSql& sql, Hold hold) {
  if (mode_ == Mode::read || hold == Hold::none || hold == Hold::fixed) {
    return Query(*this, sql.none);
  }
  return Query(*this, hold == Hold::shared ? sql.shared : sql.exclusive);
}

void Flight::hold(const PgStatement& lock) {
  if (mode_ == Mode::change) plain_.push_back(lock);
}

PgStatement Flight::begin_statement() const {
  return PgStatement(mode_ == Mode::read ? "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
                                         : "BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE");
}

void Flight::refuse_unseen(std::string_view sql) const {
  for (const Queued& queued : after_numbers_) {
    const std::string_view table = written_table(queued.statement.sql());
    if (sql.find(table) == std::string_view::npos) continue;
    throw std::logic_error("a change reads from " + std::string(table) +
                           " what it has still to write there");
  }
}

PgRows Flight::run(const PgStatement& statement) {
  if (failure_) throw PgError(*failure_);
  refuse_unseen(statement.sql());
  std::vector<PgStatement> batch;
  if (!begun_) batch.push_back(begin_statement());
  batch.insert(batch.end(), std::make_move_iterator(plain_.begin()),
               std::make_move_iterator(plain_.end()));
  plain_.clear();
  batch.push_back(statement);
  begun_ = true;
  PgAnswers answers = connection_.exchange(batch, std::chrono::steady_clock::now() + patience_);
  if (answers.failure) {
    failure_ = std::move(answers.failure);
    throw PgError(*failure_);
  }
  has_read_ = true;
  return std::move(answers.rows.back());
}

EntryRef Flight::append_entry(const NewLogEntry& e) {
  PgStatement entry(R"sql(
      INSERT INTO audit_log
        (actor, address, request_id, action, subject, document, touches, seq, at)
      SELECT $1, $2, $3, $4, $5, $6, $7, h.seq - $8, h.at FROM log_head AS h WHERE h.id = 1)sql");
  entry.bind(e.actor.who)
      .bind(e.actor.address)
      .bind(e.actor.request_id)
      .bind(e.action)
      .bind(e.subject)
      .bind(e.document);
  entries_.push_back(std::move(entry));
  newest_at_ = std::max(newest_at_, to_unix_ms(e.at));
  return EntryRef{entries_.size() - 1};
}

PgStatement Flight::numbered(const Queued& queued) const {
  PgStatement statement = queued.statement;
  for (const Number& number : queued.numbers) {
    const std::size_t count = number.of == Number::Of::entry ? entries_.size() : nums_;
    if (number.index >= count) throw std::logic_error("a row wants the number of no entry");
    statement.bind(count - 1 - number.index);
  }
  return statement;
}

Flight::Batch Flight::flight_of(std::string_view ticket, std::string_view touches) const {
  Batch batch;
  std::vector<PgStatement>& flight = batch.statements;
  if (!begun_) flight.push_back(begin_statement());
  flight.insert(flight.end(), plain_.begin(), plain_.end());
  if (takes_head()) {
    // Times never fall either, whichever clock made them.
    flight.emplace_back(R"sql(
        UPDATE log_head SET seq = seq + $1, num = num + $2, at = greatest(at, $3)
        WHERE id = 1 RETURNING seq)sql");
    flight.back().bind(entries_.size()).bind(nums_).bind(newest_at_);
  }
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const bool is_last = i + 1 == entries_.size();
    flight.push_back(entries_[i]);
    flight.back().bind(is_last ? touches : std::string_view()).bind(entries_.size() - 1 - i);
  }
  for (const Queued& queued : after_numbers_) flight.push_back(numbered(queued));
  for (const Queued& queued : last_) flight.push_back(numbered(queued));
  flight.emplace_back(R"sql(
      INSERT INTO tickets (id, made_at, seq, entries)
      SELECT $1, (extract(epoch FROM clock_timestamp()) * 1000)::bigint, h.seq, $2
      FROM log_head AS h WHERE h.id = 1 RETURNING seq)sql");
  flight.back().bind(ticket).bind(entries_.size());
  batch.ticket = flight.size() - 1;
  flight.emplace_back("COMMIT");
  return batch;
}

FlightEnd Flight::commit(std::string_view ticket, std::string_view touches,
                         std::chrono::milliseconds patience) {
  using Kind = FlightEnd::Kind;
  if (failure_) return {Kind::failed, failure_};
  // Also where there was nothing to do: somebody is told that it is done. What says so may have
  // been committed by this server alone so far; when a standby confirms the ticket, it has that as
  // well.
  const Batch batch = flight_of(ticket, touches);
  begun_ = true;
  PgAnswers answers =
      connection_.exchange(batch.statements, std::chrono::steady_clock::now() + patience);
  if (answers.failure) {
    failure_ = std::move(answers.failure);
    // An error that the server tells came before COMMIT had an effect. When the connection ends,
    // nobody knows how far the server came.
    const bool known = kind_of(*failure_) != FailureKind::reconnect;
    return {known ? Kind::failed : Kind::in_doubt, failure_};
  }
  begun_ = false;
  if (answers.warned) {
    return {Kind::in_doubt, PgFailure{"", "a standby did not confirm the commit"}};
  }
  FlightEnd end{Kind::committed, {}};
  end.seq = answers.rows[batch.ticket][0].number(0);
  return end;
}

void Flight::end_read() {
  if (begun_) connection_.post(PgStatement("COMMIT"));
  begun_ = false;
}

void Flight::roll_back() {
  if (begun_) connection_.post(PgStatement("ROLLBACK"));
  begun_ = false;
}

}  // namespace mkt::postgres
