// Log text: turns an entry of the audit log into one line for a person, from its document.
//
// A document is a JSON object of ids and values. Its members by action:
//
//   publisher.register, .verify, .unverify    publisher
//   publisher.suspend, .ban, .restore         publisher, status, reason
//   key.add                                   publisher, keyId, publicKey; where present also
//                                             expiresAt, endorsedBy, endorsement
//   key.retire                                publisher, keyId, publicKey, successor
//   key.revoke                                publisher, keyId, publicKey, reasonCode, reason; for
//                                             a compromise since an earlier entry compromisedFrom
//   version.publish                           connector, version, checksum, publisher, keyId,
//                                             publicKey, signature, size
//   version.countersign                       the same without size; also replaces
//   version.quarantine                        connector, version, checksum, keyId or reason
//   version.release                           connector, version, checksum, reason
//   version.withdraw                          connector, version, checksum, reasonCode, reason
//   connector.visibility                      connector, visibility, before
//   version.deprecate, .undeprecate           connector, version, checksum, reason
//   owner.add, .remove                        connector, publisher
//   policy.set                                tenant, revision
//   request.*                                 tenant, request, connector, version; for approve also
//                                             approver, approvals and needed; for deny and cancel
//                                             reason; for unapprove token
//   installation.add, .update, .remove        tenant, request, connector, version
//   token.create                              token, role, subject; where it has them: readOnly,
//                                             connectors, from, expiresAt
//   token.revoke                              token
//   token.refuse                              count, since, token where it has one
//
// Entries older than documents have what was known about them, with the rest of their text in
// "text".
#pragma once

#include <string>

#include "daemon/store/records/log.h"

namespace mkt {

// Empty where the action and the subject say everything.
std::string log_text(const LogEntry& entry);

}  // namespace mkt
