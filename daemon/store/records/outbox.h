// Outbox: what the mirror has still to be told of. Documents stand for rows of the store, and the
// outbox names those that changed, in their order.
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
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/json.h"
#include "common/base/result.h"
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

class Outbox {
 public:
  virtual ~Outbox() = default;

  // What the oldest changes that wait have changed, each document once: at most `limit`, or fewer
  // where those have `max_bytes` of JSON already.
  virtual std::vector<OutboxEntry> waiting(std::uint32_t limit, std::size_t max_bytes) const = 0;
  virtual OutboxCounts counts() const = 0;
  virtual std::vector<ParkedDocument> parked(std::uint32_t limit) const = 0;
  // Documents of a kind whose key comes after that one, by key.
  virtual std::vector<OutboxEntry> documents(DocumentKind kind,
                                             const std::vector<std::string>& after,
                                             std::uint32_t limit) const = 0;
  // A value that belongs to the mirror and outlives the daemon; empty where it was never set.
  virtual std::string state(std::string_view name) const = 0;

  // From here on in this change the records note which documents their writes change.
  virtual void follow() = 0;
  // Appends the documents that were noted since `follow`.
  virtual void append_followed(UtcTime at) = 0;
  // Appends every document of a kind, to be sent again.
  virtual void append_all(DocumentKind kind, UtcTime at) = 0;
  // They are where they belong: gone from the outbox, unless they changed again.
  virtual void sent(std::span<const OutboxEntry> entries) = 0;
  // Not to be sent until it changes, or until everything is sent again.
  virtual void park(const OutboxEntry& entry, std::string_view reason) = 0;
  // Makes the rows of a document, in a store that is new; in the order of kDocumentKinds.
  // invalid_input where it is none of that kind.
  virtual Status put_back(DocumentKind kind, const Json& content) = 0;
  virtual void set_state(std::string_view name, std::string_view value) = 0;
};

}  // namespace mkt
