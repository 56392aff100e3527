// Decides whether a key may sign now. Checked before a body is read, and again inside the change.
#pragma once

#include <optional>

#include "common/base/result.h"
#include "daemon/store/records/keys.h"
#include "daemon/store/records/publishers.h"

namespace mkt {

// key_revoked, key_retired, key_expired, publisher_suspended, publisher_banned. `now` is the
// daemon's clock, never a time that a signer wrote.
Status may_sign(const KeyRecord& key, const std::optional<PublisherRecord>& publisher, UtcTime now);

// True past the key's time, unless the key is retired or revoked.
bool is_expired(const KeyRecord& key, UtcTime now);

// Checks the publisher alone.
Status may_publish(const PublisherRecord& publisher);

Error unknown_key(std::string_view key_id);
Error no_publisher(std::string_view id);

}  // namespace mkt
