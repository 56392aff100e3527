// The records in SQLite, one file per subject: <subject>_rows.cc.
//
// Each object keeps its connection and the state of the current change. Its whole statements stand
// beside the code that reads their columns.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/store/record_rows.h"
#include "daemon/store/records.h"
#include "daemon/store/sqlite/database.h"

namespace mkt {

// What the rows of one change share.
struct ChangeState {
  std::vector<std::int64_t> entries;  // numbers of the change's log entries, by EntryRef
  bool follows = false;
  std::vector<DocumentName> changed;  // documents changed since `follow`
  std::vector<std::string> touched;   // connectors touched

  std::int64_t number(EntryRef entry) const { return entries.at(entry.index); }

  template <typename... Parts>
  void note(DocumentKind kind, const Parts&... key) {
    if (follows) changed.push_back({kind, {std::string(key)...}});
  }
};

std::unique_ptr<Publishers> publisher_rows(Database& db, ChangeState& change);
std::unique_ptr<Keys> key_rows(Database& db, ChangeState& change);
std::unique_ptr<Catalog> catalog_rows(Database& db, ChangeState& change,
                                      const Publishers& publishers);
std::unique_ptr<Overview> overview_rows(Database& db);
std::unique_ptr<Owners> owner_rows(Database& db, ChangeState& change);
std::unique_ptr<Policies> policy_rows(Database& db, ChangeState& change);
std::unique_ptr<Requests> request_rows(Database& db, ChangeState& change);
std::unique_ptr<Installations> installation_rows(Database& db, ChangeState& change);
std::unique_ptr<Tokens> token_rows(Database& db);
std::unique_ptr<SpentKeys> spent_key_rows(Database& db);
std::unique_ptr<Cursors> cursor_rows(Database& db);
std::unique_ptr<Log> log_rows(Database& db, ChangeState& change);
std::unique_ptr<Outbox> outbox_rows(Database& db, ChangeState& change);

}  // namespace mkt
