// SqliteStore: the Store on one SQLite database in WAL mode.
//
// synchronous=FULL: an answered change survives a power cut. Writing goes through a CommitQueue,
// reading through a pool of read-only connections that never checkpoint. The caller holds the lock
// of the data folder (data_lock.h) for as long as the store lives.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "daemon/store/sqlite/commit_queue.h"
#include "daemon/store/store.h"

namespace mkt {

class SqliteStore : public Store {
 public:
  // Makes or migrates the database. data_damaged when it is not ours or of a newer version.
  static Result<std::unique_ptr<SqliteStore>> open(const std::filesystem::path& file);

  Status add_publisher(const PublisherRecord& publisher, const KeyRecord& first_key,
                       const Actor& actor) override;
  Result<std::optional<PublisherRecord>> publisher(std::string_view id) override;
  Result<std::vector<PublisherRecord>> publishers() override;
  Result<std::optional<KeyRecord>> key(std::string_view key_id) override;
  Result<std::vector<KeyRecord>> keys_of(std::string_view publisher_id) override;
  Result<KeyList> all_keys() override;

  Result<Published> publish(const NewVersion& version, const Actor& actor) override;
  Result<std::optional<ConnectorRecord>> connector(std::string_view id) override;
  Result<std::vector<VersionRecord>> versions_of(std::string_view connector_id) override;
  Result<std::optional<VersionRecord>> version(std::string_view connector_id,
                                               std::string_view version) override;
  Result<SearchPage> search(const SearchQuery& query) override;
  Result<bool> blob_is_referenced(std::string_view checksum) override;
  Status add_downloads(std::string_view connector_id, std::string_view version,
                       std::int64_t count) override;

  Status add_token(const TokenRecord& token, const Actor& actor) override;
  Result<std::optional<TokenRecord>> token(std::string_view id) override;
  Result<std::vector<TokenRecord>> tokens() override;
  Status remove_token(std::string_view id, const Actor& actor) override;

  bool broken() const { return commits_->broken(); }

 private:
  explicit SqliteStore(std::filesystem::path file, std::unique_ptr<Database> writer);

  // Runs `read` on a pooled connection; SqlError becomes the Error.
  template <typename Read>
  auto read(Read read) -> Result<decltype(read(std::declval<Database&>()))>;

  std::filesystem::path file_;
  std::unique_ptr<CommitQueue> commits_;
  std::mutex readers_mutex_;
  std::vector<std::unique_ptr<Database>> readers_;  // guarded by readers_mutex_; idle ones
};

}  // namespace mkt
