// Store: everything the daemon must not forget, as records in and records out.
//
// One function is one transaction. A function that changes something returns only after the commit
// that holds the change is durable; what it reads it sees as of one instant. All functions may be
// called from any thread. Errors: the codes named at each function, storage_full, storage_failed.
// Nothing here says which database stands behind it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "daemon/store/records.h"

namespace mkt {

class Store {
 public:
  virtual ~Store() = default;

  // Publishers and keys. ------------------------------------------------------------------------

  // A publisher with its first key. publisher_exists; key_exists when any publisher has that key.
  virtual Status add_publisher(const PublisherRecord& publisher, const KeyRecord& first_key,
                               const Actor& actor) = 0;
  virtual Result<std::optional<PublisherRecord>> publisher(std::string_view id) = 0;
  virtual Result<std::vector<PublisherRecord>> publishers() = 0;

  virtual Result<std::optional<KeyRecord>> key(std::string_view key_id) = 0;
  virtual Result<std::vector<KeyRecord>> keys_of(std::string_view publisher_id) = 0;
  virtual Result<KeyList> all_keys() = 0;

  // The catalog. --------------------------------------------------------------------------------

  struct Published {
    VersionRecord version;
    bool is_new = true;  // false: the same bytes were there already
  };
  // Decides again, in its own transaction, what may have changed since the caller looked: the key
  // is active (key_revoked), its publisher too (publisher_suspended), the connector is the
  // publisher's or new (not_owner), the version is new or has the same checksum (version_exists).
  virtual Result<Published> publish(const NewVersion& version, const Actor& actor) = 0;

  virtual Result<std::optional<ConnectorRecord>> connector(std::string_view id) = 0;
  // Newest published first; without the manifests.
  virtual Result<std::vector<VersionRecord>> versions_of(std::string_view connector_id) = 0;
  virtual Result<std::optional<VersionRecord>> version(std::string_view connector_id,
                                                       std::string_view version) = 0;
  virtual Result<SearchPage> search(const SearchQuery& query) = 0;
  virtual Result<bool> blob_is_referenced(std::string_view checksum) = 0;
  // Adds counts that were gathered in memory; losing the last few in a crash is accepted.
  virtual Status add_downloads(std::string_view connector_id, std::string_view version,
                               std::int64_t count) = 0;

  // Tokens. -------------------------------------------------------------------------------------

  virtual Status add_token(const TokenRecord& token, const Actor& actor) = 0;
  virtual Result<std::optional<TokenRecord>> token(std::string_view id) = 0;
  virtual Result<std::vector<TokenRecord>> tokens() = 0;
  // token_not_found.
  virtual Status remove_token(std::string_view id, const Actor& actor) = 0;
};

}  // namespace mkt
