// Storage: the records and the tarballs of a marketplace, where the configuration says they are.
//
//   neither --database nor --blobs   SQLite and files in the data folder, for this daemon alone
//   both                             PostgreSQL and S3, which any number of daemons share; the data
//                                    folder then holds unfinished uploads and copies of tarballs
#pragma once

#include <memory>

#include "common/base/mac_key.h"
#include "daemon/blobs/blob_store.h"
#include "daemon/ops/configuration.h"
#include "daemon/store/data_folder.h"
#include "daemon/store/postgres/postgres_store.h"
#include "daemon/store/store.h"
#include "daemon/store/store_health.h"

namespace mkt {

struct Storage {
  std::unique_ptr<Store> store;
  StoreHealth* health = nullptr;    // of the store
  PostgresStore* shared = nullptr;  // the store itself, where several daemons share it; else null
  std::unique_ptr<BlobStore> blobs;
  // Of this daemon, or of all that share the store.
  MacKey challenge_key = MacKey::random();
  MacKey session_key = MacKey::random();

  static Result<Storage> open(const Configuration& configuration, const DataFolder& data);
};

// `mktd init --database`: makes the tables and the first admin's token, which the data folder gets.
// target_exists where the database has tables of mktd already.
Status init_database(const std::string& url, const DataFolder& data);

}  // namespace mkt
