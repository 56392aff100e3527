// Registry: a marketplace on a new database (registry_store.h), with short names for its use cases:
// the changes alone, without checks of the caller. The clock is `now` where a change has no other
// time.
#pragma once

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "common/base/files.h"
#include "daemon/blobs/file_blobs.h"
#include "daemon/service/approvals.h"
#include "daemon/service/audit_log.h"
#include "daemon/service/catalog.h"
#include "daemon/service/countersign.h"
#include "daemon/service/deprecate.h"
#include "daemon/service/first_answers.h"
#include "daemon/service/installs.h"
#include "daemon/service/outbox.h"
#include "daemon/service/owners.h"
#include "daemon/service/policies.h"
#include "daemon/service/publish.h"
#include "daemon/service/publishers.h"
#include "daemon/service/revoke.h"
#include "daemon/service/tokens.h"
#include "daemon/service/visibility.h"
#include "daemon/service/withdraw.h"
#include "tests/unit/service/registry_store.h"
#include "tests/unit/store/checking_store.h"

namespace mkt {

class Registry {
  template <typename Look>
  auto look(const Look& f) {
    return market_.read(f);
  }

 public:
  explicit Registry(const std::filesystem::path& folder)
      : Registry(folder, open_registry_store(folder), {}) {}
  // On any store; `pause` as in CheckingStore.
  Registry(const std::filesystem::path& folder, std::unique_ptr<Store> store,
           std::function<void()> pause)
      : opened_(std::move(store)),
        checked_(*opened_, std::move(pause)),
        blobs_(*FileBlobs::open(folder / "blobs",
                                [this](const Checksum& c) { return is_named(*opened_, c); })) {}

  Marketplace& market() { return market_; }
  BlobStore& blobs() { return *blobs_; }

  // Publishers, keys, versions.
  Status add_publisher(const PublisherRecord& p, const KeyRecord& k, const Actor& a) {
    return keep_publisher(market_, a, p, k);
  }
  auto publisher(const std::string& id) {
    return look([&](const Records& r) { return r.publishers().find(id); });
  }
  Status set_publisher_status(const std::string& id, PublisherStatus status,
                              const std::string& reason, const Actor& a) {
    return keep_publisher_status(market_, a, id, status, reason);
  }
  Status set_publisher_verified(const std::string& id, bool verified, const Actor& a) {
    return keep_verification(market_, a, id, verified);
  }
  auto key(const std::string& id) {
    return look([&](const Records& r) { return r.keys().find(id); });
  }
  auto key_of_alias(const std::string& alias) {
    return look([&](const Records& r) { return r.keys().find_by_alias(alias); });
  }
  Result<KeyList> keys_since(std::int64_t sequence) {
    return list_keys_changed_since(market_, sequence);
  }
  std::int64_t key_sequence() { return keys_since(0)->sequence; }
  Status add_key(const KeyRecord& key, bool retires_endorser, const Actor& a) {
    return keep_key(market_, a, key, retires_endorser);
  }
  Result<RevocationOutcome> revoke_key(const Revocation& r, const Actor& a) {
    return keep_revocation(market_, a, r);
  }
  Result<RevocationOutcome> preview_revocation(const Revocation& r) {
    return mkt::preview_revocation(market_, r);
  }
  Result<Published> publish(const NewVersion& v, const Actor& a) {
    return keep_version(market_, a, v);
  }
  Status countersign(const VersionRecord& v, UtcTime at, const Actor& a) {
    return keep_countersignature(market_, a, v, at);
  }
  Status set_deprecated(const std::string& id, const std::string& version,
                        const std::optional<std::string>& reason, UtcTime at, const Actor& a) {
    return keep_deprecation(market_, a, nullptr, id, version, reason, at);
  }
  auto owners_of(const std::string& id) {
    return look([&](const Records& r) { return r.owners().of(id); });
  }
  auto add_owner(const std::string& id, const std::string& publisher, const Actor& a) {
    return keep_owner(market_, a, nullptr, id, publisher);
  }
  auto remove_owner(const std::string& id, const std::string& publisher, const Actor& a) {
    return drop_owner(market_, a, nullptr, id, publisher);
  }
  auto connector(const std::string& id) {
    return look([&](const Records& r) { return r.catalog().connector(id); });
  }
  Result<ConnectorWithVersions> connector_with_versions(const std::string& id) {
    return show_connector(market_, Caller(), *ConnectorId::parse(id));
  }
  auto find_version(const std::string& id, const std::string& which) {
    return look([&](const Records& r) { return mkt::find_version(r, id, which); });
  }
  auto version(const std::string& id, const std::string& version) {
    return look([&](const Records& r) { return r.catalog().version(id, version); });
  }
  Result<SearchPage> search(const SearchQuery& query) { return market_.views.search.search(query); }
  auto blob_is_referenced(const std::string& checksum) {
    return look([&](const Records& r) { return r.catalog().names_blob(checksum); });
  }
  Status add_downloads(const std::string& id, const std::string& version, std::int64_t count) {
    return market_.change(kSystem, utc_now(), Touches::connector(id), [&](Change& c) -> Status {
      c.records().catalog().add_downloads(id, version, count);
      return {};
    });
  }
  Freshness freshness_of(const std::string& id) { return market_.views.clock.of_connector(id); }
  Freshness freshness() { return market_.views.clock.now(); }

  // Tenants.
  auto policy(const std::string& tenant) {
    return look([&](const Records& r) { return r.policies().current(tenant); });
  }
  auto policy_history(const std::string& tenant) {
    return look([&](const Records& r) { return r.policies().history(tenant, 1000); });
  }
  Result<PolicyRecord> set_policy(const PolicyRecord& p, std::optional<std::int64_t> expected,
                                  const Actor& a) {
    return keep_policy(market_, a, p, expected);
  }
  Result<InstallOutcome> request_install(const NewInstallRequest& n, const Actor& a) {
    return keep_request(market_, a, n);
  }
  Result<InstallRequestRecord> approve_request(const NewApproval& n, const Actor& a) {
    return keep_approval(market_, a, n);
  }
  Status may_approve(const InstallRequestRecord& request) {
    return market_.store.read(
        [&](const Records& r) { return mkt::may_approve(r, request, Hold::none); });
  }
  Result<InstallRequestRecord> deny_request(const std::string& tenant, const std::string& id,
                                            const std::string& by, const std::string& reason,
                                            UtcTime at, const Actor& a) {
    return keep_denial(market_, a, tenant, id, by, reason, at);
  }
  Result<InstallRequestRecord> cancel_request(const std::string& tenant, const std::string& id,
                                              RequestStatus from, const std::string& by, UtcTime at,
                                              const Actor& a) {
    return keep_cancellation(market_, a, tenant, id, from, by, at);
  }
  auto install_request(const std::string& id) { return find_request(market_, id); }
  auto install_requests(const InstallRequestQuery& query) {
    return look([&](const Records& r) { return r.requests().list(query); });
  }
  Result<std::size_t> expire_requests(UtcTime at) { return mkt::expire_requests(market_, at); }
  auto installation(const std::string& tenant, const std::string& id) {
    return look([&](const Records& r) { return r.installations().find(tenant, id); });
  }
  auto installation_history(const std::string& tenant, const std::string& id, std::uint32_t limit) {
    return look([&](const Records& r) { return r.installations().history(tenant, id, limit); });
  }
  Result<InstallationRecord> uninstall(const std::string& tenant, const std::string& id, UtcTime at,
                                       const Actor& a) {
    return keep_removal(market_, a, tenant, id, at);
  }

  // Tokens, keys of requests, the log, the outbox.
  Status add_token(const TokenRecord& t, const Actor& a) { return keep_token(market_, a, t); }
  auto token(const std::string& id) { return find_token(market_, id); }
  auto tokens() {
    return look([](const Records& r) { return r.tokens().all(); });
  }
  Status remove_token(const std::string& id, const Actor& a) {
    return mkt::remove_token(market_, a, id);
  }
  auto first_answer(const std::string& scope, const std::string& key, UtcTime at) {
    return look([&](const Records& r) { return r.spent_keys().find(scope, key, at); });
  }
  Status keep_first_answer(const IdempotencyKey& key, const FirstAnswer& answer) {
    return mkt::keep_first_answer(market_, key, answer);
  }
  auto remove_expired_answers(UtcTime at) { return mkt::remove_expired_answers(market_, at); }
  auto webhook_cursor(const std::string& name) { return mkt::webhook_cursor(market_, name); }
  auto log(const LogQuery& query) { return read_log(market_, query); }
  Status note(const std::string& action, const std::string& subject, const Actor& a) {
    return mkt::note(market_, a, action, subject, Json::object());
  }
  Status start_outbox() {
    market_.mirrored = true;
    return mkt::start_outbox(market_);
  }
  Status stop_outbox() { return mkt::stop_outbox(market_); }
  auto outbox(std::uint32_t limit, std::size_t max_bytes) {
    return waiting_documents(market_, limit, max_bytes);
  }
  auto outbox_counts() { return count_outbox(market_); }
  Status outbox_sent(const std::vector<OutboxEntry>& entries) {
    return mark_sent(market_, entries);
  }
  Status park(const OutboxEntry& entry, const std::string& reason) {
    return park_document(market_, entry, reason);
  }

 private:
  std::unique_ptr<Store> opened_;
  CheckingStore checked_;
  std::unique_ptr<BlobStore> blobs_;
  Marketplace market_{.store = checked_,
                      .blobs = *blobs_,
                      .rules = Rules(),
                      .now = utc_now,
                      .challenges = {},
                      .mirrored = false};
};

}  // namespace mkt
