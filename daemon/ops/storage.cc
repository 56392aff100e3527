#include "daemon/ops/storage.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>

#include "common/base/files.h"
#include "common/base/utc_time.h"
#include "common/base/utf8.h"
#include "daemon/blobs/file_blobs.h"
#include "daemon/blobs/s3_blobs.h"
#include "daemon/ops/admin_token.h"
#include "daemon/service/catalog.h"
#include "daemon/service/marketplace.h"
#include "daemon/store/sqlite/sqlite_store.h"

namespace mkt {
namespace {

constexpr std::chrono::seconds kInitPatience{10};

Result<std::unique_ptr<BlobStore>> open_file_blobs(const DataFolder& data, Store& store) {
  MKT_TRY(auto blobs, FileBlobs::open(data.blobs(), [&store](const Checksum& checksum) {
            return is_named(store, checksum);
          }));
  return std::unique_ptr<BlobStore>(std::move(blobs));
}

Result<Storage> open_folder_storage(const DataFolder& data) {
  MKT_TRY(auto store, SqliteStore::open(data.database()));
  Storage storage;
  storage.health = store.get();
  storage.store = std::move(store);
  MKT_TRY(storage.blobs, open_file_blobs(data, *storage.store));
  return storage;
}

// Of whichever daemon was the first.
Result<MacKey> shared_key(PostgresStore& store, std::string_view name) {
  MKT_TRY(const std::string text, store.shared_secret(name, MacKey::random().hex()));
  auto key = MacKey::from_hex(text);
  if (key) return *std::move(key);
  return Error(ErrorCode::data_damaged,
               fmt::format("the database's secret of {} is damaged", name));
}

// Its tarballs and its admin's token would be taken for those of the shared marketplace.
Status check_no_marketplace(const DataFolder& data) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(data.database(), error);
  if (error || bytes == 0) return {};  // an opened folder has an empty one
  return Error(ErrorCode::target_exists,
               fmt::format("{} has a marketplace of its own (mktd.db); name another folder with "
                           "--data",
                           printable(data.path().string())));
}

Result<Storage> open_shared_storage(const Configuration& c, const DataFolder& data) {
  MKT_CHECK(check_no_marketplace(data));
  MKT_TRY(auto store, PostgresStore::open(c.database));
  MKT_TRY(S3Url url, S3Url::parse(c.blobs));
  MKT_TRY(S3Credentials credentials, S3Credentials::from_environment());
  BlobCacheBounds bounds;
  bounds.most_bytes = c.blob_cache_bytes;
  MKT_TRY(auto blobs,
          S3Blobs::open(std::make_unique<S3Client>(std::move(url), std::move(credentials)),
                        data.blobs(), bounds));
  // Wrong credentials are told now. A store that is away may come back.
  if (const auto looked = blobs->list(std::nullopt);
      !looked && looked.error().code == ErrorCode::storage_failed) {
    return looked.error().context("while looking into the bucket");
  }
  Storage storage;
  storage.health = store.get();
  storage.shared = store.get();
  MKT_TRY(storage.challenge_key, shared_key(*store, "challenges"));
  MKT_TRY(storage.session_key, shared_key(*store, "sessions"));
  storage.store = std::move(store);
  storage.blobs = std::move(blobs);
  return storage;
}

}  // namespace

Result<Storage> Storage::open(const Configuration& configuration, const DataFolder& data) {
  return configuration.database.empty() ? open_folder_storage(data)
                                        : open_shared_storage(configuration, data);
}

Status init_database(const std::string& url, const DataFolder& data) {
  MKT_CHECK(check_no_marketplace(data));
  // Tables without a token are those of an attempt that did not come so far.
  Status tables = PostgresStore::create(url, kInitPatience);
  if (!tables && tables.error().code != ErrorCode::target_exists) return tables;
  MKT_TRY(const auto store, PostgresStore::open(url));
  MKT_TRY(const auto tokens,
          read_from(*store, [](const Records& records) { return records.tokens().all(); }));
  if (!tokens.empty()) {
    return Error(
        ErrorCode::target_exists,
        "the database has a marketplace already; start daemons with --database and --blobs");
  }
  MKT_TRY(const TemporaryFolder nothing, TemporaryFolder::create(data.path(), ".init-"));
  MKT_TRY(const auto blobs,
          FileBlobs::open(nothing.path() / "blobs", [](const Checksum&) { return true; }));
  const Marketplace market{.store = *store, .blobs = *blobs, .rules = {}, .now = utc_now};
  MKT_TRY(const bool made, write_first_admin_token(market, data));
  if (!made) return Error(ErrorCode::target_exists, "somebody else has just made it");
  return {};
}

}  // namespace mkt
