// Marketplace: what every use case works with, and who is calling.
//
// The services are free functions, one use case per file, that take a Marketplace and a Caller.
// They decide everything and know neither HTTP nor SQL. Any thread may call them. A function whose
// first parameter is a Change runs inside a change, so that several use cases can share it.
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

// Settings of the admin, which may change while the daemon runs.
struct Rules {
  Limits limits;
  bool open_registration = false;  // anyone may register a publisher, not only an admin
  bool anyone_reads = true;        // without a token: search, versions, tarballs, keys
  // Of tokens whose maker wished for no other; nullopt: for ever.
  std::optional<std::chrono::milliseconds> token_lifetime = {};
};

struct Marketplace {
  Store& store;
  BlobStore& blobs;
  Live<Rules> rules;
  std::function<UtcTime()> now = utc_now;
  Challenges challenges = {};
  // True where there is a mirror: every change then adds what it changed to the outbox. Set it
  // before the first change.
  bool mirrored = false;
  Views views{store};

  Limits limits() const { return rules.get()->limits; }
  // Whether other daemons may serve it too.
  bool is_shared() const { return store.memory_lease() != nullptr; }
  bool open_registration() const { return rules.get()->open_registration; }
  bool anyone_reads() const { return rules.get()->anyone_reads; }

  // Reads one snapshot. `look` takes const Records& and returns a T or a Result<T>.
  template <typename Look>
  auto read(const Look& look) const {
    return read_from(store, look);
  }

  // Makes one change, while the actor's token is valid: `decide` decides and writes. Its log
  // entries spend the actor's Idempotency-Key, and with a mirror the changed documents go into the
  // outbox; all of it commits together. `decide` takes Change& and returns a T or a Result<T>; it
  // may run again. `number` gets the value and the numbers of its log entries. unauthorized,
  // answer_lost.
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

// The caller. Without a token, `token_id` is empty and only reading is allowed.
struct Caller {
  std::string token_id;
  std::string token_name;
  Role role = Role::member;
  std::string subject;  // the publisher or tenant of the role
  TokenScope scope;
  std::string address;
  std::string request_id;
  // For a POST that may be sent again; complete once the body has been read.
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
  // The caller as a person, where people are counted. All tokens with one name, compared as in
  // person.h, belong to the same person. A token without a name stands for itself and cannot
  // approve.
  std::string person() const;
  bool has_name() const;
  Actor actor() const;
};

// True for names that the registry itself uses when it decides; no person may have them.
bool is_reserved_person(std::string_view name);

// unauthorized without a token, forbidden for a token with another role.
Status require_admin(const Caller& caller);
// unauthorized where the registry's reads want a token and there is none.
Status require_reader(const Marketplace& market, const Caller& caller);
// forbidden where the caller's token is for other connectors only.
Status require_connector(const Caller& caller, std::string_view connector_id);
Status require_publisher_or_admin(const Caller& caller, const PublisherId& publisher);
// Requires any role in the tenant, or an admin.
Status require_member(const Caller& caller, const TenantId& tenant);
Status require_approver(const Caller& caller, const TenantId& tenant);
Status require_tenant_admin(const Caller& caller, const TenantId& tenant);

}  // namespace mkt
