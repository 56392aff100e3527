// Log text: an entry of the audit log as one line for a person, made from its document.
//
// A document is a JSON object of ids and values, by action:
//
//   publisher.register, .verify, .unverify    publisher
//   publisher.suspend, .ban, .restore         publisher, status, reason
//   key.add                                   publisher, keyId, publicKey, and where it has them
//                                             expiresAt, endorsedBy, endorsement
//   key.retire                                publisher, keyId, publicKey, successor
//   key.revoke                                publisher, keyId, publicKey, reasonCode, reason, and
//   of
//                                             a compromise since an earlier entry compromisedFrom
//   version.publish                           connector, version, checksum, publisher, keyId,
//                                             publicKey, signature, size
//   version.countersign                       the same without size; replaces
//   version.quarantine                        connector, version, checksum, keyId
//   version.deprecate, .undeprecate           connector, version, checksum, reason
//   owner.add, .remove                        connector, publisher
//   policy.set                                tenant, revision
//   request.*                                 tenant, request, connector, version; approve has
//                                             approver, approvals and needed, deny and cancel
//                                             reason, unapprove token
//   installation.add, .update, .remove        tenant, request, connector, version
//   token.create                              token, role, subject
//   token.revoke                              token
//
// Entries from before there were documents have what was known of them, and the rest of their text
// under "text".
#pragma once

#include <string>

#include "daemon/store/records/log.h"

namespace mkt {

// Empty where the action and the subject say it all.
std::string log_text(const LogEntry& entry);

}  // namespace mkt
