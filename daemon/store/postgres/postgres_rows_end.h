// PostgresRowsEnd: the rows of a shared database as one end of a move (moving/move_rows.h).
//
// On a connection of its own, by COPY. Whoever empties or fills the database holds log_head, which
// every change needs, so nothing is changed meanwhile; and refuses while a daemon is alive there.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "daemon/store/moving/move_rows.h"
#include "daemon/store/postgres/connection.h"
#include "daemon/store/postgres/pg_target.h"

namespace mkt {

class PostgresRowsEnd : public RowsEnd {
 public:
  // One snapshot, while daemons go on.
  static Result<std::unique_ptr<PostgresRowsEnd>> read(const postgres::PgTarget& target);
  // The rows of a marketplace that is about to move away. Both: data_locked while daemons are
  // alive, whose addresses it names; busy while somebody else moves it.
  static Result<std::unique_ptr<PostgresRowsEnd>> leave(const postgres::PgTarget& target);
  // To be filled. The tables must be there.
  static Result<std::unique_ptr<PostgresRowsEnd>> arrive(const postgres::PgTarget& target);

  // Creates the tables where there are none. Errors are those of schema.h.
  static Status prepare(const postgres::PgTarget& target);

  Status each_row(const MovedTable& table, const Take& take) override;
  Status fill(const MovedTable& table, const std::function<Status(const Take&)>& give) override;
  Result<LogNumbers> numbers() override;
  Status set_numbers(const LogNumbers& numbers) override;
  Status commit() override;

  // Of `leave`, instead of `commit`: from now on no daemon starts on this database, and none that
  // ran can change it.
  Status commit_moved(std::string_view where);
  // After `commit`: so that the first queries know how large the tables are. May fail.
  void analyze();

 private:
  explicit PostgresRowsEnd(std::unique_ptr<postgres::Connection> connection)
      : connection_(std::move(connection)) {}
  static Result<std::unique_ptr<PostgresRowsEnd>> open(const postgres::PgTarget& target,
                                                       const char* begin);
  static Result<std::unique_ptr<PostgresRowsEnd>> open_alone(const postgres::PgTarget& target,
                                                             const char* begin);
  Result<postgres::PgRows> run(const postgres::PgStatement& statement);
  Status require_no_daemons();

  const std::unique_ptr<postgres::Connection> connection_;
};

}  // namespace mkt
