// Marketplace: what every use case works with, and who is asking.
//
// The services are free functions, one file a use case, that take a Marketplace and a Caller. They
// decide everything and know neither HTTP nor SQL. All may be called from any thread. A function
// whose first parameter is a Change is the inside of a change, for other use cases to be part of.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/base/live.h"
#include "common/base/result.h"
#include "common/base/utc_time.h"
#include "common/connector/archive_limits.h"
#include "common/connector/names.h"
#include "daemon/blobs/blob_store.h"
#include "daemon/service/challenges.h"
#include "daemon/service/change.h"
#include "daemon/store/store.h"
#include "daemon/views/views.h"

namespace mkt {

// How large things may be; see mktd.conf(5).
struct Limits {
  std::uint64_t tarball_bytes = kMaxTarballBytes;
  std::uint64_t json_body_bytes = 55ULL * 1024 * 1024;
  ArchiveLimits archive;
};

// What an admin decides, and may decide anew while the daemon runs.
struct Rules {
  Limits limits;
  bool open_registration = false;  // anyone may register a publisher, not only an admin
};

struct Marketplace {
  Store& store;
  BlobStore& blobs;
  Live<Rules> rules;
  std::function<UtcTime()> now = utc_now;
  Challenges challenges = {};
  // There is a mirror: every change notes in the outbox what it has changed. Set before the first.
  bool mirrored = false;
  Views views{store};

  Limits limits() const { return rules.get()->limits; }
  bool open_registration() const { return rules.get()->open_registration; }

  // One snapshot. `look` takes const Records& and gives a T or a Result<T>.
  template <typename Look>
  auto read(const Look& look) const {
    return read_from(store, look);
  }

  // One change: while the actor's token stands, `decide` decides and writes. What it logs spends
  // the actor's Idempotency-Key, and with a mirror the documents it changed go into the outbox; all
  // of it commits together. `decide` takes Change& and gives a T or a Result<T>; it may run again.
  // `number` is given the value and the numbers of its log entries. unauthorized, answer_lost.
  template <typename Decide, typename Number>
  auto change(const Actor& actor, UtcTime at, const Touches& touches, const Decide& decide,
              const Number& number) const {
    using Outcome = typename AsResult<decltype(decide(std::declval<Change&>()))>::type;
    std::optional<Outcome> outcome;
    auto numbers = commit(actor, at, touches, [&](Change& change) -> Status {
      outcome.emplace(decide(change));
      if (!*outcome) return outcome->error();
      return {};
    });
    if (!numbers) return Outcome(std::move(numbers).error());
    number(*outcome, *numbers);
    return std::move(*outcome);
  }
  template <typename Decide>
  auto change(const Actor& actor, UtcTime at, const Touches& touches, const Decide& decide) const {
    return change(actor, at, touches, decide, [](const auto&, const EntryNumbers&) {});
  }

 private:
  Result<EntryNumbers> commit(const Actor& actor, UtcTime at, const Touches& touches,
                              const std::function<Status(Change&)>& decide) const;
};

// Who asks. Without a token: `token_id` is empty and nothing but reading is allowed.
struct Caller {
  std::string token_id;
  std::string token_name;
  Role role = Role::member;
  std::string subject;  // the publisher or tenant of the role
  std::string address;
  std::string request_id;
  // Of a POST that may be sent again; complete once the body has been read.
  std::shared_ptr<const IdempotencyKey> idempotency = {};

  bool signed_in() const { return !token_id.empty(); }
  bool is_admin() const { return signed_in() && role == Role::admin; }
  bool is_publisher(const PublisherId& publisher) const {
    return signed_in() && role == Role::publisher && subject == publisher.text();
  }
  bool is_of(const TenantId& tenant) const {
    return signed_in() && subject == tenant.text() &&
           (role == Role::tenant_admin || role == Role::member || role == Role::approver);
  }
  // Who counts as one person where people are counted: all tokens of one name, as person.h compares
  // them, are the same person's; a token without a name stands for itself, and approves nothing.
  std::string person() const;
  bool has_name() const;
  Actor actor() const;
};

// Names that the registry itself decides under; no person has them.
bool is_reserved_person(std::string_view name);

// unauthorized without a token, forbidden with one of another role.
Status require_admin(const Caller& caller);
Status require_publisher_or_admin(const Caller& caller, const PublisherId& publisher);
// Of the tenant in any role, or an admin.
Status require_member(const Caller& caller, const TenantId& tenant);
Status require_approver(const Caller& caller, const TenantId& tenant);
Status require_tenant_admin(const Caller& caller, const TenantId& tenant);

}  // namespace mkt
