// Outbox: what still has to be sent to the mirror. A document represents rows of the store. The
// outbox lists the documents that changed, in the order of the changes.
//
// A document has a kind, and a key unique within the kind. Its content is plain JSON: members in
// camelCase, flags as booleans, moments as Unix milliseconds in members whose name is "at" or ends
// in "At" (mirror/firestore_value.h gives them their type). What belongs to it alone (the keys of a
// publisher, the approvals of a request) is an array of objects. Together the documents hold
// everything that the store needs, except tokens, idempotency keys and webhook cursors.
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

// In the order in which they can be restored: what others refer to comes first.
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
  // One part; or the tenant and one part; or, for a version, the connector and the version.
  std::vector<std::string> key;

  bool operator==(const DocumentName&) const = default;
};

// The present state of a document that changed. It covers all its changes that were looked at.
struct OutboxEntry {
  std::int64_t seq = 0;  // of the newest of these changes; grows over the whole store
  DocumentName name;
  std::optional<Json> content;             // nullopt: the document is gone
  UtcTime at;                              // of the oldest of these changes
  std::vector<std::int64_t> earlier = {};  // the seqs of the other changes
};

struct ParkedDocument {
  std::int64_t seq = 0;
  DocumentName name;
  std::string reason;
  UtcTime at;
};

struct OutboxCounts {
  std::int64_t waiting = 0;  // changes, perhaps several of one document
  std::int64_t parked = 0;
  std::optional<UtcTime> oldest;  // time of the oldest change that waits
};

class Outbox {
 public:
  virtual ~Outbox() = default;

  // The documents of the oldest waiting changes, each once: at most `limit` documents, or fewer
  // where they reach `max_bytes` of JSON.
  virtual std::vector<OutboxEntry> waiting(std::uint32_t limit, std::size_t max_bytes) const = 0;
  virtual OutboxCounts counts() const = 0;
  virtual std::vector<ParkedDocument> parked(std::uint32_t limit) const = 0;
  // Documents of a kind with a key after that one, sorted by key.
  virtual std::vector<OutboxEntry> documents(DocumentKind kind,
                                             const std::vector<std::string>& after,
                                             std::uint32_t limit) const = 0;
  // A value that belongs to the mirror and survives a restart; empty where it was never set.
  virtual std::string state(std::string_view name) const = 0;

  // Whether the changes of all daemons that share the store are listed; true once a mirror has
  // begun. A store of one daemon leaves that to it.
  virtual void set_wanted(bool wanted) = 0;
  // From now on in this change, the records note which documents their writes change.
  virtual void follow() = 0;
  // Appends the documents noted since `follow`.
  virtual void append_followed(UtcTime at) = 0;
  // Appends every document of a kind, to be sent again.
  virtual void append_all(DocumentKind kind, UtcTime at) = 0;
  // The mirror has them: removes them from the outbox, unless they changed again.
  virtual void sent(std::span<const OutboxEntry> entries) = 0;
  // Does not send it again until it changes or until everything is sent again.
  virtual void park(const OutboxEntry& entry, std::string_view reason) = 0;
  // Restores the rows of a document into a new store, in the order of kDocumentKinds. invalid_input
  // where the content is not a document of that kind.
  virtual Status put_back(DocumentKind kind, const Json& content) = 0;
  virtual void set_state(std::string_view name, std::string_view value) = 0;
};

}  // namespace mkt
