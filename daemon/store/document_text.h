// DocumentText: how documents of rows (records/outbox.h) name things, the same for every store.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/json.h"
#include "daemon/store/records/outbox.h"

namespace mkt {

// The kind's word in the outbox.
std::string_view document_word(DocumentKind kind);
// The kind must be one of a word that document_word returned.
DocumentKind document_kind(std::string_view word);

// The member for a column: display_name → displayName.
std::string document_member(std::string_view column);
// True for columns that contain a flag, which is 0 or 1 in rows and a boolean in documents.
bool is_flag_column(std::string_view column);

// A document of a row's columns, as the store's statements name them. Row is a row of any store.
template <typename Row>
Json row_content(const Row& row) {
  Json content = Json::object();
  for (int i = 0; i < row.columns(); ++i) {
    const std::string_view column = row.name(i);
    Json& value = content[document_member(column)];
    if (row.is_null(i)) continue;
    if (!row.is_number(i)) {
      value = row.text(i);
    } else if (is_flag_column(column)) {
      value = row.flag(i);
    } else {
      value = row.number(i);
    }
  }
  return content;
}

// A document's key, as the outbox has it: a JSON array of texts, compact.
std::vector<std::string> document_key(const std::string& json);

}  // namespace mkt
