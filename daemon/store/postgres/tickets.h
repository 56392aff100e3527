// Tickets: how a change finds out whether it was committed, when the answer to its COMMIT is lost.
//
// Each attempt of a change inserts a row of its own into `tickets`, in the same transaction. To
// settle a ticket is to insert that row first, without a change: then the attempt can never commit,
// wherever its messages still are, for its own row would break the primary key. If the row is there
// already, the attempt did commit. If an attempt is still running, the insertion waits until it has
// ended. A ticket may be settled again and again; the outcome stays.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/store/postgres/connection.h"

namespace mkt::postgres {

// Unpredictable, for one attempt.
std::string new_ticket();

struct SettledTicket {
  bool committed = false;
  std::int64_t seq = 0;      // of the change's newest entry
  std::int64_t entries = 0;  // how many it has
};

// The connection must have no open transaction. After a failure the ticket is not settled.
PgResult<SettledTicket> settle_ticket(Connection& connection, std::string_view ticket,
                                      PgDeadline deadline);

// Removes tickets that are older than a day, at most `limit`; returns how many. Nobody settles one
// after so long a time.
PgResult<std::int64_t> remove_old_tickets(Connection& connection, std::int64_t limit,
                                          PgDeadline deadline);

}  // namespace mkt::postgres
