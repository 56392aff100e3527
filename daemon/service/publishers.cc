// Registering and judging publishers; see publishers.h.
#include "daemon/service/publishers.h"

#include <fmt/format.h>

#include "daemon/service/reason.h"

namespace mkt {
Result<Registered> register_publisher(const Marketplace& market, const Caller& caller,
                                      const Registration& r) {
  if (!market.open_registration()) MKT_CHECK(require_admin(caller));
  if (r.proof) {
    MKT_CHECK(check_proof(market, r.id, r.key.key, *r.proof));
  } else if (!caller.is_admin()) {
    return Error(ErrorCode::key_proof_invalid,
                 "a proof is missing that the private half of the key is there");
  }
  PublisherRecord publisher;
  publisher.id = r.id.text();
  publisher.display_name = r.display_name;
  publisher.email = r.email;
  publisher.created_at = market.now();
  MKT_TRY(const KeyRecord key, new_key_record(market, r.id, r.key));
  Actor actor = caller.actor();
  if (!caller.signed_in()) actor.who = "publisher:" + publisher.id;
  MKT_CHECK(market.store.add_publisher(publisher, key, actor));
  Registered registered{std::move(publisher), std::nullopt};
  if (!caller.is_admin()) {
    MKT_TRY(registered.token, create_token_of_publisher(market, actor, r.id));
  }
  return registered;
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

Status set_publisher_status(const Marketplace& market, const Caller& caller, const PublisherId& id,
                            PublisherStatus status, std::string_view reason) {
  MKT_CHECK(require_admin(caller));
  if (status != PublisherStatus::active && reason.empty()) {
    return Error(ErrorCode::invalid_request,
                 "say why the publisher may not publish: reason is missing",
                 {{"reason", "is missing"}});
  }
  if (reason.size() > kMaxReason) {
    return Error(
        ErrorCode::invalid_request,
        fmt::format("reason has {} bytes; at most {} are allowed", reason.size(), kMaxReason));
  }
  return market.store.set_publisher_status(id.text(), status, reason, market.now(), caller.actor());
}

Status set_publisher_verified(const Marketplace& market, const Caller& caller,
                              const PublisherId& id, bool verified) {
  MKT_CHECK(require_admin(caller));
  return market.store.set_publisher_verified(id.text(), verified, market.now(), caller.actor());
}

}  // namespace mkt
