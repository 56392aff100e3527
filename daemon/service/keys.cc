// Registering publishers and finding keys; see keys.h.
#include "daemon/service/keys.h"

#include <fmt/format.h>

namespace mkt {

Result<PublisherRecord> register_publisher(const Marketplace& market, const Caller& caller,
                                           const Registration& r) {
  MKT_CHECK(require_admin(caller));
  PublisherRecord publisher;
  publisher.id = r.id.text();
  publisher.display_name = r.display_name;
  publisher.email = r.email;
  publisher.created_at = market.now();

  KeyRecord key;
  key.fingerprint = r.key.fingerprint();
  key.key_id = KeyId::of(r.id, key.fingerprint).text();
  key.publisher_id = publisher.id;
  key.public_key = r.key.base64();
  key.created_at = publisher.created_at;

  MKT_CHECK(market.store.add_publisher(publisher, key, caller.actor()));
  return publisher;
}

Result<PublisherWithKeys> show_publisher(const Marketplace& market, const PublisherId& id) {
  MKT_TRY(auto publisher, market.store.publisher(id.text()));
  if (!publisher) {
    return Error(ErrorCode::publisher_not_found,
                 fmt::format("there is no publisher {}", id.text()));
  }
  MKT_TRY(auto keys, market.store.keys_of(id.text()));
  return PublisherWithKeys{std::move(*publisher), std::move(keys)};
}

Result<PublicKey> key_for_signing(const Marketplace& market, const KeyId& key_id) {
  MKT_TRY(const auto key, market.store.key(key_id.text()));
  if (!key) {
    return Error(ErrorCode::key_unknown,
                 fmt::format("the registry knows no key {}; list the publisher's: mkt publisher "
                             "show {}",
                             key_id.text(), key_id.publisher().text()));
  }
  if (key->status != KeyStatus::active) {
    return Error(ErrorCode::key_revoked, fmt::format("the key {} is {}", key_id.text(),
                                                     key_status_name(key->status)));
  }
  if (key->expires_at && *key->expires_at <= market.now()) {
    return Error(ErrorCode::key_expired, fmt::format("the key {} expired on {}", key_id.text(),
                                                     format_utc(*key->expires_at)));
  }
  MKT_TRY(const auto publisher, market.store.publisher(key->publisher_id));
  if (!publisher || publisher->status != PublisherStatus::active) {
    return Error(ErrorCode::publisher_suspended,
                 fmt::format("the publisher {} may not publish at present", key->publisher_id));
  }
  return PublicKey::from_base64(key->public_key);
}

}  // namespace mkt
