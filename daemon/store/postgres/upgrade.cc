#include "daemon/store/postgres/upgrade.h"

#include <fmt/format.h>

#include <array>

namespace mkt::postgres {
namespace {

// The steps of all released versions. None is ever changed once it was released.
constexpr std::array<UpgradeStep, 0> kSteps{};

// A daemon without a lease still answers from the database, if it can reach it.
constexpr std::chrono::milliseconds kMayComeBack = std::chrono::minutes(1);

Result<std::int64_t> version_of(Connection& connection, PgDeadline deadline) {
  const PgStatement look("SELECT version FROM schema_version WHERE id = 1");
  PgAnswers answers = connection.exchange({&look, 1}, deadline);
  if (answers.failure) return error_of(*answers.failure);
  return answers.rows[0][0].only<std::int64_t>();
}

Error roll_back(Connection& connection, const PgFailure& failure) {
  connection.post(PgStatement("ROLLBACK"));
  return error_of(failure);
}

// The daemons that live and do not know the step.
Result<std::vector<std::string>> older_daemons(Connection& connection, std::int64_t version,
                                               PgDeadline deadline) {
  PgStatement look(
      "SELECT url, host, version FROM daemons WHERE known < $1 AND until > " MKT_DATABASE_NOW
      " - $2 ORDER BY url");
  look.bind(version).bind(kMayComeBack.count());
  PgAnswers answers = connection.exchange({&look, 1}, deadline);
  if (answers.failure) return roll_back(connection, *answers.failure);
  std::vector<std::string> daemons;
  for (int i = 0; i < answers.rows[0].size(); ++i) {
    std::string url, host, mktd;
    answers.rows[0][i].get(url, host, mktd);
    daemons.push_back(fmt::format("{} (mktd {})", url.empty() ? host : url, mktd));
  }
  return daemons;
}

enum class Outcome { made, was_there, waits };

// Whether it was made; with the daemons that it waits for.
Result<Outcome> make_step(Connection& connection, const UpgradeStep& step, PgDeadline deadline,
                          std::vector<std::string>& waits_for) {
  const std::array begin{PgStatement("BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE"),
                         PgStatement("SELECT version FROM schema_version WHERE id = 1 FOR UPDATE")};
  PgAnswers began = connection.exchange(begin, deadline);
  if (began.failure) return roll_back(connection, *began.failure);
  if (began.rows[1][0].only<std::int64_t>() >= step.version) {
    connection.post(PgStatement("ROLLBACK"));
    return Outcome::was_there;
  }
  const bool contracts = step.kind == UpgradeStep::Kind::contract;
  if (contracts) {
    MKT_TRY(waits_for, older_daemons(connection, step.version, deadline));
    if (!waits_for.empty()) {
      connection.post(PgStatement("ROLLBACK"));
      return Outcome::waits;
    }
  }
  PgStatement note(contracts ? "UPDATE schema_version SET version = $1, oldest = $1 WHERE id = 1"
                             : "UPDATE schema_version SET version = $1 WHERE id = 1");
  note.bind(step.version);
  const std::array statements{PgStatement(step.sql), std::move(note), PgStatement("COMMIT")};
  PgAnswers done = connection.exchange(statements, deadline);
  if (done.failure) return roll_back(connection, *done.failure);
  return Outcome::made;
}

}  // namespace

std::span<const UpgradeStep> upgrade_steps() { return kSteps; }

Result<UpgradeReport> upgrade_schema(Connection& connection, std::span<const UpgradeStep> steps,
                                     PgDeadline deadline) {
  UpgradeReport report;
  MKT_TRY(report.version, version_of(connection, deadline));
  const std::int64_t newest = steps.empty() ? kSchemaVersion : steps.back().version;
  if (report.version > newest) {
    return Error(ErrorCode::data_damaged,
                 fmt::format("the database has schema {}, this mktd knows {}; use the newer mktd",
                             report.version, newest));
  }
  for (const UpgradeStep& step : steps) {
    if (step.version <= report.version) continue;
    MKT_TRY(const Outcome outcome, make_step(connection, step, deadline, report.waits_for));
    if (outcome == Outcome::waits) {
      report.waiting = step.version;
      break;
    }
    report.version = step.version;
    if (outcome == Outcome::made) report.made.push_back(step.version);
  }
  return report;
}

}  // namespace mkt::postgres
