// Publishers: who they are, and whether they may publish.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/service/keys.h"
#include "daemon/service/marketplace.h"
#include "daemon/service/tokens.h"

namespace mkt {

struct Registration {
  PublisherId id;
  std::string display_name;
  std::string email;
  NewKey key;
  std::optional<KeyProof> proof;  // an admin may register a key without one
};

struct Registered {
  PublisherRecord publisher;
  // Where registration is open: the new publisher's first token, which is shown only this once.
  std::optional<CreatedToken> token;
};

// A publisher and its first key. For an admin, or for anyone where registration is open.
// publisher_exists, key_exists, key_proof_invalid.
Result<Registered> register_publisher(const Marketplace& market, const Caller& caller,
                                      const Registration& registration);

// The change alone, for a checked publisher and key.
Status keep_publisher(const Marketplace& market, const Actor& actor,
                      const PublisherRecord& publisher, const KeyRecord& first_key);

// The changes of set_publisher_status and set_publisher_verified alone. publisher_not_found.
Status keep_publisher_status(const Marketplace& market, const Actor& actor, const std::string& id,
                             PublisherStatus status, std::string_view reason);
Status keep_verification(const Marketplace& market, const Actor& actor, const std::string& id,
                         bool verified);

// Sorted by id.
Result<std::vector<PublisherRecord>> list_publishers(const Marketplace& market);

struct PublisherWithKeys {
  PublisherRecord publisher;
  std::vector<KeyRecord> keys;
};

// publisher_not_found.
Result<PublisherWithKeys> show_publisher(const Marketplace& market, const PublisherId& id);

// For an admin. Published versions stay; a publisher that is not active publishes nothing new.
Status set_publisher_status(const Marketplace& market, const Caller& caller, const PublisherId& id,
                            PublisherStatus status, std::string_view reason);
Status set_publisher_verified(const Marketplace& market, const Caller& caller,
                              const PublisherId& id, bool verified);

}  // namespace mkt
