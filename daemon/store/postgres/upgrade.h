// Upgrade: changes the tables of a database while daemons use it.
//
// Each step has a number, and the database says which was the last. A daemon knows the steps up to
// kSchemaVersion. There are two kinds:
//
//   expand    what older daemons do not notice: a table, an index, a column that has a default
//   contract  what they would notice: taking away what an earlier step has replaced
//
// An expand step is made at any time. A contract step is made only when every daemon that lives
// knows it; from then on an older daemon does not start. So a rolling upgrade is: run the new
// mktd's `migrate --upgrade`, replace the daemons one after another, run it again. A daemon itself
// never changes the tables.
//
// Each step is one transaction, which holds the row of schema_version: two upgrades at once do each
// step once, and no daemon joins in the middle of one.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "daemon/store/postgres/connection.h"

namespace mkt::postgres {

struct UpgradeStep {
  enum class Kind { expand, contract };
  std::int64_t version;
  Kind kind;
  const char* sql;  // one statement
};

// The steps after the first tables, in the order of their versions.
std::span<const UpgradeStep> upgrade_steps();

// The newest step that this build knows.
inline constexpr std::int64_t kSchemaVersion = 1;

struct UpgradeReport {
  std::int64_t version = 0;                 // of the tables now
  std::vector<std::int64_t> made;           // by this call
  std::int64_t waiting = 0;                 // the contract step that cannot be made yet; 0: none
  std::vector<std::string> waits_for = {};  // the daemons that do not know it: URL and version
};

// Makes the steps that are missing, as far as that can be done now. data_damaged where the tables
// are newer than the steps.
Result<UpgradeReport> upgrade_schema(Connection& connection, std::span<const UpgradeStep> steps,
                                     PgDeadline deadline);

}  // namespace mkt::postgres
