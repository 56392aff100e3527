// The records in PostgreSQL, one file per subject: <subject>_rows.cc.
//
// Each object keeps the flight of its connection and the state of the current read or change. Its
// whole statements stand beside the code that reads their columns. They keep to what PostgreSQL and
// the databases that are compatible with it have in common (scripts/check-sql).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/store/postgres/flight.h"
#include "daemon/store/record_rows.h"
#include "daemon/store/records.h"

namespace mkt::postgres {

// A document that the change has changed. The last part of its key may be a number that is not
// known before the commit.
struct ChangedDocument {
  DocumentKind kind;
  std::vector<std::string> key;
  std::optional<Number> number = {};
};

// What the rows of one change share.
struct PgChangeState {
  bool follows = false;
  std::vector<ChangedDocument> changed;  // since `follow`
  std::vector<std::string> touched;      // connectors touched
  bool urgent = false;                   // takes something away (is_urgent)

  template <typename... Parts>
  void note(DocumentKind kind, const Parts&... key) {
    if (follows) changed.push_back({kind, {std::string(key)...}});
  }
  void note_numbered(DocumentKind kind, std::vector<std::string> key, Number number) {
    if (follows) changed.push_back({kind, std::move(key), number});
  }
};

inline Number number_of(EntryRef entry) { return {Number::Of::entry, entry.index}; }

std::unique_ptr<Publishers> publisher_rows(Flight& db, PgChangeState& change);
std::unique_ptr<Keys> key_rows(Flight& db, PgChangeState& change);
std::unique_ptr<Catalog> catalog_rows(Flight& db, PgChangeState& change,
                                      const Publishers& publishers);
std::unique_ptr<Overview> overview_rows(Flight& db);
std::unique_ptr<Owners> owner_rows(Flight& db, PgChangeState& change);
std::unique_ptr<Policies> policy_rows(Flight& db, PgChangeState& change);
std::unique_ptr<Requests> request_rows(Flight& db, PgChangeState& change);
std::unique_ptr<Installations> installation_rows(Flight& db, PgChangeState& change);
std::unique_ptr<Tokens> token_rows(Flight& db);
std::unique_ptr<SpentKeys> spent_key_rows(Flight& db);
std::unique_ptr<Cursors> cursor_rows(Flight& db);
std::unique_ptr<Log> log_rows(Flight& db, PgChangeState& change);
std::unique_ptr<Outbox> outbox_rows(Flight& db, PgChangeState& change);
std::unique_ptr<Removals> removal_rows(Flight& db);

// Holds a tenant, whose row is made at its first use.
void hold_tenant_row(Flight& db, std::string_view tenant_id, Hold hold);
bool holds_job_row(Flight& db, std::string_view job, JobTerm term);

}  // namespace mkt::postgres
