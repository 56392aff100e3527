#include "daemon/service/publishers.h"

#include <fmt/format.h>

#include "daemon/rules/key_rules.h"
#include "daemon/service/reason.h"

namespace mkt {
namespace {

Status decide_to_register(Change& change, const PublisherRecord& p, const KeyRecord& first_key) {
  Records& records = change.records();
  if (records.publishers().find(p.id, Hold::exclusive)) {
    return Error(ErrorCode::publisher_exists,
                 fmt::format("the publisher {} is registered already", p.id));
  }
  MKT_CHECK(require_new(records, first_key));
  change.log("publisher.register", p.id, {{"publisher", p.id}});
  records.publishers().insert(p);
  insert_key(change, first_key);
  return {};
}

std::string_view status_action(PublisherStatus status) {
  switch (status) {
    case PublisherStatus::active:
      return "publisher.restore";
    case PublisherStatus::suspended:
      return "publisher.suspend";
    case PublisherStatus::banned:
      return "publisher.ban";
  }
  return "publisher.ban";
}

}  // namespace

Status keep_publisher(const Marketplace& market, const Actor& actor,
                      const PublisherRecord& publisher, const KeyRecord& first_key) {
  return market.change(actor, publisher.created_at, Touches::of_keys(), [&](Change& change) {
    return decide_to_register(change, publisher, first_key);
  });
}

Result<Registered> register_publisher(const Marketplace& market, const Caller& caller,
                                      const Registration& r) {
  if (!market.open_registration()) MKT_CHECK(require_admin(caller));
  if (r.proof) {
    MKT_CHECK(check_proof(market, r.id, r.key.key, *r.proof));
  } else if (!caller.is_admin()) {
    return Error(ErrorCode::key_proof_invalid,
                 "proof is missing: it shows that you have the private half of the key");
  }
  PublisherRecord publisher;
  publisher.id = r.id.text();
  publisher.display_name = r.display_name;
  publisher.email = r.email;
  publisher.created_at = market.now();
  MKT_TRY(const KeyRecord key, new_key_record(market, r.id, r.key));
  Actor actor = caller.actor();
  if (!caller.signed_in()) actor.who = "publisher:" + publisher.id;
  MKT_CHECK(keep_publisher(market, actor, publisher, key));
  Registered registered{std::move(publisher), std::nullopt};
  if (!caller.is_admin()) {
    MKT_TRY(registered.token, create_token_of_publisher(market, actor, r.id));
  }
  return registered;
}

Status keep_publisher_status(const Marketplace& market, const Actor& actor, const std::string& id,
                             PublisherStatus status, std::string_view reason) {
  const auto decide = [&](Change& change) -> Status {
    Publishers& publishers = change.records().publishers();
    if (!publishers.find(id, Hold::exclusive)) return no_publisher(id);
    publishers.set_status(id, status, reason);
    change.log(status_action(status), id,
               {{"publisher", id}, {"status", publisher_status_name(status)}, {"reason", reason}});
    return {};
  };
  return market.change(actor, market.now(), Touches::of_publishers(), decide);
}

Status keep_verification(const Marketplace& market, const Actor& actor, const std::string& id,
                         bool verified) {
  const auto decide = [&](Change& change) -> Status {
    Publishers& publishers = change.records().publishers();
    if (!publishers.find(id, Hold::exclusive)) return no_publisher(id);
    publishers.set_verified(id, verified);
    change.log(verified ? "publisher.verify" : "publisher.unverify", id, {{"publisher", id}});
    return {};
  };
  return market.change(actor, market.now(), Touches::of_publishers(), decide);
}

Result<std::vector<PublisherRecord>> list_publishers(const Marketplace& market) {
  return market.read([](const Records& records) { return records.publishers().all(); });
}

Result<PublisherWithKeys> show_publisher(const Marketplace& market, const PublisherId& id) {
  return market.read([&](const Records& records) -> Result<PublisherWithKeys> {
    auto publisher = records.publishers().find(id.text());
    if (!publisher) return no_publisher(id.text());
    return PublisherWithKeys{std::move(*publisher), records.keys().of_publisher(id.text())};
  });
}

Status set_publisher_status(const Marketplace& market, const Caller& caller, const PublisherId& id,
                            PublisherStatus status, std::string_view reason) {
  MKT_CHECK(require_admin(caller));
  if (status != PublisherStatus::active && reason.empty()) {
    return Error(ErrorCode::invalid_request,
                 "say why the publisher may not publish: reason is missing",
                 {{"reason", "is missing"}});
  }
  MKT_CHECK(check_reason(reason));
  return keep_publisher_status(market, caller.actor(), id.text(), status, reason);
}

Status set_publisher_verified(const Marketplace& market, const Caller& caller,
                              const PublisherId& id, bool verified) {
  MKT_CHECK(require_admin(caller));
  return keep_verification(market, caller.actor(), id.text(), verified);
}

}  // namespace mkt
