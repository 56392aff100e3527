// Publishers and their keys: who may sign what.
#pragma once

#include <string>
#include <vector>

#include "common/signing/key.h"
#include "daemon/service/marketplace.h"

namespace mkt {

struct Registration {
  PublisherId id;
  std::string display_name;
  std::string email;
  PublicKey key;
};

// A publisher and its first key. publisher_exists, key_exists.
Result<PublisherRecord> register_publisher(const Marketplace& market, const Caller& caller,
                                           const Registration& registration);

struct PublisherWithKeys {
  PublisherRecord publisher;
  std::vector<KeyRecord> keys;
};

// publisher_not_found.
Result<PublisherWithKeys> show_publisher(const Marketplace& market, const PublisherId& id);

// The key with which a new version may be signed at this moment, by the daemon's clock and never by
// a time that the signer wrote. key_unknown, key_revoked, key_expired, publisher_suspended.
Result<PublicKey> key_for_signing(const Marketplace& market, const KeyId& key_id);

}  // namespace mkt
