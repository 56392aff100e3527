// Store: everything the daemon must not forget, as records in and records out.
//
// One function is one transaction. A function that changes something returns only after the commit
// that holds the change is durable; what it reads it sees as of one instant. All functions may be
// called from any thread. Errors: the codes named at each function, storage_full, storage_failed.
// Nothing here says which database stands behind it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "daemon/rules/install_rules.h"
#include "daemon/store/outbox.h"
#include "daemon/store/records.h"
#include "daemon/views/freshness.h"

namespace mkt {

class Store {
 public:
  virtual ~Store() = default;

  // Moves on with every commit, before whoever asked for the change is told: what was read while
  // this stood still is what the store holds.
  virtual std::uint64_t changes() const = 0;
  // The same for what is shown of one connector, and of what is no connector's: keys, publishers.
  virtual Freshness freshness_of(std::string_view connector_id) const = 0;
  virtual Freshness freshness() const = 0;

  // Publishers and keys. ------------------------------------------------------------------------

  // A publisher with its first key. publisher_exists; key_exists when any publisher has that key.
  virtual Status add_publisher(const PublisherRecord& publisher, const KeyRecord& first_key,
                               const Actor& actor) = 0;
  virtual Result<std::optional<PublisherRecord>> publisher(std::string_view id) = 0;
  virtual Result<std::vector<PublisherRecord>> publishers() = 0;

  // publisher_not_found.
  virtual Status set_publisher_status(std::string_view id, PublisherStatus status,
                                      std::string_view reason, UtcTime at, const Actor& actor) = 0;
  virtual Status set_publisher_verified(std::string_view id, bool verified, UtcTime at,
                                        const Actor& actor) = 0;

  virtual Result<std::optional<KeyRecord>> key(std::string_view key_id) = 0;
  virtual Result<std::optional<KeyRecord>> key_of_alias(std::string_view alias) = 0;
  virtual Result<std::vector<KeyRecord>> keys_of(std::string_view publisher_id) = 0;
  // Keys that changed after that sequence (0: all of them), sorted by key id.
  virtual Result<KeyList> keys_since(std::int64_t sequence) = 0;
  // The sequence of the newest change to any key, from memory: as soon as a function here that
  // changes keys has returned, this says so.
  virtual std::int64_t key_sequence() const = 0;

  // Another key of a publisher. An endorsing key must be able to sign at that moment; with
  // `retires_endorser` it is retired in the same transaction. key_exists, publisher_not_found,
  // publisher_suspended, publisher_banned, key_revoked, key_retired, key_expired.
  virtual Status add_key(const KeyRecord& key, bool retires_endorser, const Actor& actor) = 0;
  // For ever. A key that is revoked already changes only where this is graver: compromised after
  // another reason, or compromised since an earlier time. key_not_found.
  virtual Result<RevocationOutcome> revoke_key(const Revocation& revocation,
                                               const Actor& actor) = 0;
  // What revoke_key would do; changes nothing.
  virtual Result<RevocationOutcome> preview_revocation(const Revocation& revocation) = 0;

  // The catalog. --------------------------------------------------------------------------------

  struct Published {
    VersionRecord version;
    bool is_new = true;  // false: the same bytes were there already
  };
  // Decides again, in its own transaction, what may have changed since the caller looked: the key
  // is active (key_revoked), its publisher too (publisher_suspended), the connector is the
  // publisher's or new (not_owner), the version is new or has the same checksum (version_exists).
  virtual Result<Published> publish(const NewVersion& version, const Actor& actor) = 0;

  // Puts another signature over the same bytes in the place of a version's and lifts its
  // quarantine. The key is checked as for publish. version_not_found, checksum_mismatch, not_owner.
  virtual Status countersign(const VersionRecord& version, UtcTime at, const Actor& actor) = 0;

  // With a reason: advised against; without: no longer. version_not_found.
  virtual Status set_deprecated(std::string_view connector_id, std::string_view version,
                                const std::optional<std::string>& reason, UtcTime at,
                                const Actor& actor) = 0;

  // In the order they were added.
  virtual Result<std::vector<OwnerRecord>> owners_of(std::string_view connector_id) = 0;
  // No change where it is one already. connector_not_found, publisher_not_found.
  virtual Status add_owner(std::string_view connector_id, std::string_view publisher_id, UtcTime at,
                           const Actor& actor) = 0;
  // connector_not_found, publisher_not_found where it is none, last_owner.
  virtual Status remove_owner(std::string_view connector_id, std::string_view publisher_id,
                              UtcTime at, const Actor& actor) = 0;

  virtual Result<std::optional<ConnectorRecord>> connector(std::string_view id) = 0;
  virtual Result<std::optional<ConnectorWithVersions>> connector_with_versions(
      std::string_view id) = 0;
  // `which` is a version or "latest".
  virtual Result<VersionLookup> find_version(std::string_view connector_id,
                                             std::string_view which) = 0;
  virtual Result<CatalogCounts> catalog_counts() = 0;
  // Most downloaded first.
  virtual Result<std::vector<ConnectorCounts>> connector_counts(std::uint32_t limit) = 0;
  virtual Result<std::optional<VersionRecord>> version(std::string_view connector_id,
                                                       std::string_view version) = 0;
  virtual Result<SearchPage> search(const SearchQuery& query) = 0;
  virtual Result<bool> blob_is_referenced(std::string_view checksum) = 0;
  // Tarballs that versions name, each counted once; reads all of them.
  virtual Result<BlobTotals> blob_totals() = 0;
  // Adds counts that were gathered in memory; losing the last few in a crash is accepted.
  virtual Status add_downloads(std::string_view connector_id, std::string_view version,
                               std::int64_t count) = 0;

  // Tenants: policy, install requests, installations. --------------------------------------------

  // nullopt for a tenant that has set none: Policy's defaults hold then.
  virtual Result<std::optional<PolicyRecord>> policy(std::string_view tenant_id) = 0;
  // Newest first.
  virtual Result<std::vector<PolicyRecord>> policy_history(std::string_view tenant_id) = 0;
  // The next revision; the same document again makes none. policy_changed where another revision
  // than the expected one is in force (0: none).
  virtual Result<PolicyRecord> set_policy(const PolicyRecord& policy,
                                          std::optional<std::int64_t> expected_revision,
                                          const Actor& actor) = 0;

  // One wish to install, decided by the policy of this moment: installed, or waiting; what was
  // asked before and still stands is answered again. The installed version with another
  // configuration is an update like any other. version_not_found, version_quarantined,
  // publisher_suspended, publisher_banned, policy_denied, request_denied, request_differs where one
  // with another configuration waits.
  virtual Result<InstallOutcome> request_install(const NewInstallRequest& request,
                                                 const Actor& actor) = 0;
  // What it would decide; changes nothing.
  virtual Result<Decision> preview_install(const NewInstallRequest& request) = 0;
  // The last approval that is needed installs; how many are, and whether whoever asked counts, is
  // the stricter of the policy then and now. Repeated by the same approver it changes nothing,
  // unless it is signed now and was not.
  // request_not_found, request_decided, request_expired, request_outdated where what is installed
  // is not what was when it was asked for, self_approval, version_deprecated, and what
  // request_install refuses with.
  virtual Result<InstallRequestRecord> approve_request(const NewApproval& approval,
                                                       const Actor& actor) = 0;
  // Why approving would be refused now, if it would.
  virtual Status may_approve(const InstallRequestRecord& request) = 0;
  virtual Result<InstallRequestRecord> deny_request(std::string_view tenant_id, std::string_view id,
                                                    std::string_view by, std::string_view reason,
                                                    UtcTime at, const Actor& actor) = 0;
  // A pending one, or a denial, is taken back; request_decided where its status is not `from`.
  virtual Result<InstallRequestRecord> cancel_request(std::string_view tenant_id,
                                                      std::string_view id, RequestStatus from,
                                                      std::string_view by, UtcTime at,
                                                      const Actor& actor) = 0;
  virtual Result<std::optional<InstallRequestRecord>> install_request(std::string_view id) = 0;
  // Newest first.
  virtual Result<std::vector<InstallRequestRecord>> install_requests(
      const InstallRequestQuery& query) = 0;
  // Ends what is overdue, some at a time; how many that were.
  virtual Result<std::size_t> expire_requests(UtcTime now) = 0;

  virtual Result<std::optional<InstallationRecord>> installation(std::string_view tenant_id,
                                                                 std::string_view connector_id) = 0;
  // By connector id, those after `after`.
  virtual Result<std::vector<InstallationRecord>> installations(std::string_view tenant_id,
                                                                std::string_view after,
                                                                std::uint32_t limit) = 0;
  // Newest first.
  virtual Result<std::vector<InstallationEvent>> installation_history(std::string_view tenant_id,
                                                                      std::string_view connector_id,
                                                                      std::uint32_t limit) = 0;
  // installation_not_found.
  virtual Result<InstallationRecord> uninstall(std::string_view tenant_id,
                                               std::string_view connector_id, UtcTime at,
                                               const Actor& actor) = 0;

  // Idempotency keys (IdempotencyKey in records.h). -----------------------------------------------

  // nullopt for a key that was not used, or whose time is over.
  virtual Result<std::optional<FirstAnswer>> first_answer(std::string_view scope,
                                                          std::string_view key, UtcTime now) = 0;
  // How many keys of that scope are kept.
  virtual Result<std::size_t> live_keys(std::string_view scope, UtcTime now) = 0;
  virtual Status keep_first_answer(const IdempotencyKey& key, const FirstAnswer& answer) = 0;
  // Some at a time; how many that were.
  virtual Result<std::size_t> remove_expired_answers(UtcTime now) = 0;

  // Webhooks: the newest entry of the log that one was told of. -----------------------------------

  // For a new name the log's end of now, kept at once: nobody is told of the past.
  virtual Result<std::int64_t> webhook_cursor(std::string_view name) = 0;
  virtual Status set_webhook_cursor(std::string_view name, std::int64_t seq) = 0;

  // The mirror (outbox.h). ------------------------------------------------------------------------

  // From now on every change appends to the outbox, in its transaction; where changes may have been
  // missed since the last time, everything is put there first.
  virtual Status start_outbox() = 0;
  // There is no mirror: changes are not noted.
  virtual Status stop_outbox() = 0;
  // Everything, to be sent again.
  virtual Status fill_outbox() = 0;
  // What the oldest changes that wait have changed, each document once: `most`, or fewer where
  // those have `most_bytes` of JSON already.
  virtual Result<std::vector<OutboxEntry>> outbox(std::uint32_t most, std::size_t most_bytes) = 0;
  virtual Result<OutboxCounts> outbox_counts() = 0;
  // It is where it belongs; what changed since still waits.
  virtual Status outbox_sent(std::span<const OutboxEntry> entries) = 0;
  // Not to be sent until it changes, or until everything is sent again.
  virtual Status park(const OutboxEntry& entry, std::string_view reason) = 0;
  virtual Result<std::vector<ParkedDocument>> parked_documents(std::uint32_t most) = 0;
  // Of a kind, after that key, by key.
  virtual Result<std::vector<OutboxEntry>> documents(DocumentKind kind,
                                                     const std::vector<std::string>& after,
                                                     std::uint32_t most) = 0;
  // Into a store that is new; in the order of kDocumentKinds. invalid_input.
  virtual Status put_back(DocumentKind kind, const std::vector<Json>& documents) = 0;
  virtual Result<std::string> mirror_state(std::string_view name) = 0;
  virtual Status set_mirror_state(std::string_view name, std::string_view value) = 0;

  // Tokens. -------------------------------------------------------------------------------------

  virtual Status add_token(const TokenRecord& token, const Actor& actor) = 0;
  virtual Result<std::optional<TokenRecord>> token(std::string_view id) = 0;
  virtual Result<std::vector<TokenRecord>> tokens() = 0;
  // Its approvals of what is pending go with it. token_not_found.
  virtual Status remove_token(std::string_view id, const Actor& actor) = 0;
  // Statistics too, like downloads.
  virtual Status set_token_used(std::string_view id, UtcTime at) = 0;

  // The audit log, oldest first. ----------------------------------------------------------------

  virtual Result<std::vector<LogEntry>> log(const LogQuery& query) = 0;
  // Appends what was done to something that the store does not hold.
  virtual Status note(std::string_view action, std::string_view subject, std::string_view detail,
                      UtcTime at, const Actor& actor) = 0;
};

}  // namespace mkt
