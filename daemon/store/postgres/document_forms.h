// DocumentForms: what each kind of document (records/outbox.h) is made of, in PostgreSQL: the same
// documents as SQLite's.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/json.h"
#include "daemon/store/postgres/flight.h"
#include "daemon/store/records/outbox.h"

namespace mkt::postgres {

// nullopt where there is no such document.
std::optional<Json> document_content(Flight& db, const DocumentName& name);

// The keys after that one (empty: from the first), in order.
std::vector<std::vector<std::string>> document_keys(Flight& db, DocumentKind kind,
                                                    const std::vector<std::string>& after,
                                                    std::uint32_t limit);

// Appends every document of the kind to the outbox, when the change commits.
void queue_all_documents(Flight& db, DocumentKind kind, UtcTime at);

// The name of the signing key in a signature file; without one there, the key's own id.
std::string name_in_signature(std::string_view signature, std::string_view key_id);

// Makes rows of documents.
class RestoredDocuments {
 public:
  explicit RestoredDocuments(Flight& db) : db_(db) {}

  Status put_back(DocumentKind kind, const Json& document);

 private:
  Status insert_row(const char* table, const Json& content);
  const std::vector<std::string>& columns_of(const char* table);
  void raise_head(DocumentKind kind, const Json& content);

  Flight& db_;
  std::map<std::string, std::vector<std::string>> columns_;  // by table
  // Statements are prepared by the address of their text, so they stay.
  std::set<std::string> inserts_;
};

}  // namespace mkt::postgres
