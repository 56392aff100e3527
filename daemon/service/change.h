// Change: a change in progress, as a use case sees it: the records it decides by and writes to, who
// asked for it, and its entries for the log.
#pragma once

#include <cassert>
#include <cstddef>
#include <string_view>

#include "common/base/json.h"
#include "daemon/store/log_actions.h"
#include "daemon/store/records.h"

namespace mkt {

// The actor of changes that nobody asked for.
inline const Actor kSystem{"system", "", ""};

class Change {
 public:
  Change(Records& records, const Actor& actor, UtcTime at)
      : records_(records), actor_(actor), at_(at) {}
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;

  Records& records() { return records_; }
  const Actor& actor() const { return actor_; }
  // The time of the change; the same when it runs again.
  UtcTime at() const { return at_; }

  // Appends to the audit log. `action` is one of log_actions.h, `document` an object of ids and
  // values (log_text.h).
  EntryRef log(std::string_view action, std::string_view subject, const Json& document) {
    return log_as(actor_, action, subject, document);
  }
  EntryRef log_as(const Actor& actor, std::string_view action, std::string_view subject,
                  const Json& document) {
    assert(find_log_action(action) != nullptr);
    ++entries_;
    return records_.log().append({at_, actor, action, subject, dump_json(document)});
  }
  std::size_t entries() const { return entries_; }

 private:
  Records& records_;
  const Actor& actor_;
  UtcTime at_;
  std::size_t entries_ = 0;
};

}  // namespace mkt
