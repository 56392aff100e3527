// SqliteStore: the Store on one SQLite database in WAL mode.
//
// synchronous=FULL: a change that was answered survives a power cut. Writes go through a
// CommitQueue, reads through a pool of read-only connections that never checkpoint. The caller must
// hold the data folder's lock (data_folder.h) while the store lives.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "daemon/store/sqlite/commit_queue.h"
#include "daemon/store/sqlite/sqlite_records.h"
#include "daemon/store/store.h"
#include "daemon/store/store_health.h"
#include "daemon/store/watchers.h"

namespace mkt {

class SqliteStore : public Store, public StoreHealth {
 public:
  // How many idle connections to keep for later reads; others are closed after their read.
  static constexpr std::size_t kMaxIdleReaders = 16;

  // Creates or migrates the database. data_damaged when it is not mktd's or is a newer version's.
  static Result<std::unique_ptr<SqliteStore>> open(const std::filesystem::path& file);
  ~SqliteStore() override;

  Status read(const std::function<Status(const Records&)>& look) override;
  Result<EntryNumbers> change(const Touches& touches,
                              const std::function<Status(Records&)>& decide) override;
  Watch watch(std::function<void(const Touches&)> told) override {
    return watchers_.add(std::move(told));
  }

  bool broken() const override { return commits_->broken(); }
  void when_broken(std::function<void()> call) override { commits_->when_broken(std::move(call)); }
  StoreCounts counts() const override { return commits_->counts(); }

 private:
  struct Reader;
  SqliteStore(std::filesystem::path file, std::unique_ptr<Database> writer);

  std::unique_ptr<Reader> take_reader();
  void give_back(std::unique_ptr<Reader> reader);

  std::filesystem::path file_;
  std::mutex readers_mutex_;
  std::vector<std::unique_ptr<Reader>> readers_;  // guarded by readers_mutex_; idle ones only
  Watchers watchers_;
  SqliteRecords records_;                 // on the writing connection; for the queue only
  std::unique_ptr<CommitQueue> commits_;  // last: its thread must end before the members it uses
};

}  // namespace mkt
