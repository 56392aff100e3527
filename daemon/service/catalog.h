// Looking at what is published, and handing it out.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "common/base/files.h"
#include "common/connector/version.h"
#include "daemon/service/marketplace.h"

namespace mkt {

struct ConnectorWithVersions {
  ConnectorRecord connector;
  std::vector<VersionRecord> versions;  // newest first
};

// connector_not_found.
Result<ConnectorWithVersions> show_connector(const Marketplace& market, const ConnectorId& id);

// `which` is a version or "latest". connector_not_found, version_not_found.
Result<VersionRecord> show_version(const Marketplace& market, const ConnectorId& id,
                                   std::string_view which);

struct Tarball {
  VersionRecord version;
  UniqueFd file;
};

// Also version_quarantined: such a version is listed, but not handed out.
Result<Tarball> open_tarball(const Marketplace& market, const ConnectorId& id,
                             std::string_view which);

// Counts downloads in memory and writes them to the store now and then, so that a download waits
// for no disk. A crash loses the counts of the last few seconds, nothing else. Thread-safe; its
// thread is joined by the destructor, which writes what is left.
class DownloadCounter {
 public:
  explicit DownloadCounter(Store& store);
  ~DownloadCounter();

  void count(const VersionRecord& version);

 private:
  using Key = std::pair<std::string, std::string>;  // connector id, version
  void work();
  void flush(std::map<Key, std::int64_t> counts);

  Store& store_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<Key, std::int64_t> counts_;  // guarded by mutex_
  bool stopping_ = false;               // guarded by mutex_
  std::thread thread_;
};

}  // namespace mkt
