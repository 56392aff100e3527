// SqliteStore: the Store on one SQLite database in WAL mode.
//
// synchronous=FULL: an answered change survives a power cut. Writing goes through a CommitQueue,
// reading through a pool of read-only connections that never checkpoint. The caller holds the lock
// of the data folder (data_lock.h) for as long as the store lives.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "daemon/store/sqlite/commit_queue.h"
#include "daemon/store/store.h"
#include "daemon/views/search_index.h"
#include "daemon/views/token_cache.h"

namespace mkt {

class SqliteStore : public Store {
 public:
  // Connections that are kept open for the reads to come; those beyond it close after their read.
  static constexpr std::size_t kMaxIdleReaders = 16;

  // Makes or migrates the database. data_damaged when it is not ours or of a newer version.
  static Result<std::unique_ptr<SqliteStore>> open(const std::filesystem::path& file);

  std::uint64_t changes() const override { return commits_->commits(); }
  Freshness freshness_of(std::string_view connector_id) const override {
    return commits_->change_counts().of_connector(connector_id);
  }
  Freshness freshness() const override { return commits_->change_counts().now(); }

  Status add_publisher(const PublisherRecord& publisher, const KeyRecord& first_key,
                       const Actor& actor) override;
  Result<std::optional<PublisherRecord>> publisher(std::string_view id) override;
  Result<std::vector<PublisherRecord>> publishers() override;
  Status set_publisher_status(std::string_view id, PublisherStatus status, std::string_view reason,
                              UtcTime at, const Actor& actor) override;
  Status set_publisher_verified(std::string_view id, bool verified, UtcTime at,
                                const Actor& actor) override;
  Result<std::optional<KeyRecord>> key(std::string_view key_id) override;
  Result<std::optional<KeyRecord>> key_of_alias(std::string_view alias) override;
  Result<std::vector<KeyRecord>> keys_of(std::string_view publisher_id) override;
  Result<KeyList> keys_since(std::int64_t sequence) override;
  std::int64_t key_sequence() const override { return key_sequence_; }
  Status add_key(const KeyRecord& key, bool retires_endorser, const Actor& actor) override;
  Result<RevocationOutcome> revoke_key(const Revocation& revocation, const Actor& actor) override;
  Result<RevocationOutcome> preview_revocation(const Revocation& revocation) override;

  Result<Published> publish(const NewVersion& version, const Actor& actor) override;
  Status countersign(const VersionRecord& version, UtcTime at, const Actor& actor) override;
  Status set_deprecated(std::string_view connector_id, std::string_view version,
                        const std::optional<std::string>& reason, UtcTime at,
                        const Actor& actor) override;
  Result<std::vector<OwnerRecord>> owners_of(std::string_view connector_id) override;
  Status add_owner(std::string_view connector_id, std::string_view publisher_id, UtcTime at,
                   const Actor& actor) override;
  Status remove_owner(std::string_view connector_id, std::string_view publisher_id, UtcTime at,
                      const Actor& actor) override;
  Result<std::optional<ConnectorRecord>> connector(std::string_view id) override;
  Result<std::optional<ConnectorWithVersions>> connector_with_versions(
      std::string_view id) override;
  Result<VersionLookup> find_version(std::string_view connector_id,
                                     std::string_view which) override;
  Result<CatalogCounts> catalog_counts() override;
  Result<std::vector<ConnectorCounts>> connector_counts(std::uint32_t limit) override;
  Result<std::optional<VersionRecord>> version(std::string_view connector_id,
                                               std::string_view version) override;
  Result<SearchPage> search(const SearchQuery& query) override;
  Result<bool> blob_is_referenced(std::string_view checksum) override;
  Result<BlobTotals> blob_totals() override;
  Status add_downloads(std::string_view connector_id, std::string_view version,
                       std::int64_t count) override;

  Result<std::optional<PolicyRecord>> policy(std::string_view tenant_id) override;
  Result<std::vector<PolicyRecord>> policy_history(std::string_view tenant_id) override;
  Result<PolicyRecord> set_policy(const PolicyRecord& policy,
                                  std::optional<std::int64_t> expected_revision,
                                  const Actor& actor) override;
  Result<InstallOutcome> request_install(const NewInstallRequest& request,
                                         const Actor& actor) override;
  Result<Decision> preview_install(const NewInstallRequest& request) override;
  Result<InstallRequestRecord> approve_request(const NewApproval& approval,
                                               const Actor& actor) override;
  Status may_approve(const InstallRequestRecord& request) override;
  Result<InstallRequestRecord> deny_request(std::string_view tenant_id, std::string_view id,
                                            std::string_view by, std::string_view reason,
                                            UtcTime at, const Actor& actor) override;
  Result<InstallRequestRecord> cancel_request(std::string_view tenant_id, std::string_view id,
                                              RequestStatus from, std::string_view by, UtcTime at,
                                              const Actor& actor) override;
  Result<std::optional<InstallRequestRecord>> install_request(std::string_view id) override;
  Result<std::vector<InstallRequestRecord>> install_requests(
      const InstallRequestQuery& query) override;
  Result<std::size_t> expire_requests(UtcTime now) override;
  Result<std::optional<InstallationRecord>> installation(std::string_view tenant_id,
                                                         std::string_view connector_id) override;
  Result<std::vector<InstallationRecord>> installations(std::string_view tenant_id,
                                                        std::string_view after,
                                                        std::uint32_t limit) override;
  Result<std::vector<InstallationEvent>> installation_history(std::string_view tenant_id,
                                                              std::string_view connector_id,
                                                              std::uint32_t limit) override;
  Result<InstallationRecord> uninstall(std::string_view tenant_id, std::string_view connector_id,
                                       UtcTime at, const Actor& actor) override;

  Result<std::optional<FirstAnswer>> first_answer(std::string_view scope, std::string_view key,
                                                  UtcTime now) override;
  Result<std::size_t> live_keys(std::string_view scope, UtcTime now) override;
  Status keep_first_answer(const IdempotencyKey& key, const FirstAnswer& answer) override;
  Result<std::size_t> remove_expired_answers(UtcTime now) override;
  Result<std::int64_t> webhook_cursor(std::string_view name) override;
  Status set_webhook_cursor(std::string_view name, std::int64_t seq) override;

  Status start_outbox() override;
  Status stop_outbox() override;
  Status fill_outbox() override;
  Result<std::vector<OutboxEntry>> outbox(std::uint32_t most, std::size_t most_bytes) override;
  Result<OutboxCounts> outbox_counts() override;
  Status outbox_sent(std::span<const OutboxEntry> entries) override;
  Status park(const OutboxEntry& entry, std::string_view reason) override;
  Result<std::vector<ParkedDocument>> parked_documents(std::uint32_t most) override;
  Result<std::vector<OutboxEntry>> documents(DocumentKind kind,
                                             const std::vector<std::string>& after,
                                             std::uint32_t most) override;
  Status put_back(DocumentKind kind, const std::vector<Json>& documents) override;
  Result<std::string> mirror_state(std::string_view name) override;
  Status set_mirror_state(std::string_view name, std::string_view value) override;

  Status add_token(const TokenRecord& token, const Actor& actor) override;
  Result<std::optional<TokenRecord>> token(std::string_view id) override;
  Result<std::vector<TokenRecord>> tokens() override;
  Status remove_token(std::string_view id, const Actor& actor) override;
  Status set_token_used(std::string_view id, UtcTime at) override;

  Result<std::vector<LogEntry>> log(const LogQuery& query) override;
  Status note(std::string_view action, std::string_view subject, std::string_view detail,
              UtcTime at, const Actor& actor) override;

  // The disk failed to keep a change, and nothing can be changed any more (commit_queue.h).
  bool broken() const { return commits_->broken(); }
  void when_broken(std::function<void()> call) { commits_->when_broken(std::move(call)); }

  CommitQueue::Counts commit_counts() const { return commits_->counts(); }

 private:
  SqliteStore(std::filesystem::path file, std::unique_ptr<Database> writer,
              std::int64_t key_sequence);

  // Runs a change that gives a value.
  template <typename Change>
  auto change(Touches touches, Change change) -> decltype(change(std::declval<Database&>()));

  // Runs a change of keys; the newest sequence is known before the caller goes on.
  Status change_keys(const CommitQueue::Change& change);

  Status fill_search_index();
  // Shows search what the store holds of that connector now.
  Status refresh_search_index(std::string_view connector_id);

  // Runs `read` on a pooled connection; SqlError becomes the Error.
  template <typename Read>
  auto read(Read read) -> Result<decltype(read(std::declval<Database&>()))>;

  std::filesystem::path file_;
  std::atomic<std::int64_t> key_sequence_;
  std::unique_ptr<CommitQueue> commits_;
  SearchIndex search_index_;
  TokenCache tokens_;
  std::mutex search_refresh_mutex_;  // one refresh at a time: the last one sees the last commit
  std::mutex readers_mutex_;
  std::vector<std::unique_ptr<Database>> readers_;  // guarded by readers_mutex_; idle ones
};

}  // namespace mkt
