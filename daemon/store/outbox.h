// What the mirror is told: documents that stand for rows of the store, and the outbox of those that
// changed.
//
// A document is of a kind and has a key within it. Its content is JSON as plain as can be: members
// in camelCase, flags as booleans, moments as Unix milliseconds in members whose name is "at" or
// ends in "At" (mirror/firestore_value.h gives them their type), what belongs to it alone (the
// keys of a publisher, the approvals of a request) as arrays of objects. Together the documents
// hold all that the store answers from but tokens, idempotency keys and webhook cursors.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/json.h"
#include "common/base/utc_time.h"

namespace mkt {

// In the order in which they can be put back: what others refer to comes first.
enum class DocumentKind {
  log,
  publisher,
  connector,
  version,
  policy,
  install_request,
  installation,
  installation_event,
};

inline constexpr auto kDocumentKinds = std::to_array<DocumentKind>(
    {DocumentKind::log, DocumentKind::publisher, DocumentKind::connector, DocumentKind::version,
     DocumentKind::policy, DocumentKind::install_request, DocumentKind::installation,
     DocumentKind::installation_event});

struct DocumentName {
  DocumentKind kind;
  // One part, or the tenant and one, or for a version the connector and the version.
  std::vector<std::string> key;

  bool operator==(const DocumentName&) const = default;
};

// What changed, as it is now: it stands for all changes of that document that were looked at.
struct OutboxEntry {
  std::int64_t seq = 0;  // of the newest of them; grows over the whole store
  DocumentName name;
  std::optional<Json> content;             // none: it is gone
  UtcTime at;                              // of the oldest of them
  std::vector<std::int64_t> earlier = {};  // the others
};

struct ParkedDocument {
  std::int64_t seq = 0;
  DocumentName name;
  std::string reason;
  UtcTime at;
};

struct OutboxCounts {
  std::int64_t waiting = 0;  // changes, of a document perhaps several
  std::int64_t parked = 0;
  std::optional<UtcTime> oldest;  // change that waits
};

}  // namespace mkt
