// Health: which parts of the daemon work, and why one does not.
//
// "failed" makes the daemon not ready: it could not serve that kind of request. "degraded" does
// not: something else replaces what is missing, or only a reserve is used up. Every check looks at
// the present state and takes no longer than a read of the store. Thread-safe.
#pragma once

#include <chrono>
#include <filesystem>
#include <vector>

#include "common/base/utc_time.h"
#include "common/reliability/breaker_registry.h"
#include "common/wire/status_messages.h"
#include "daemon/mirror/mirror.h"
#include "daemon/store/postgres/postgres_store.h"
#include "daemon/store/store.h"
#include "daemon/store/store_health.h"

namespace mkt {

class Health {
 public:
  Health(Store& store, const StoreHealth& health, std::filesystem::path data,
         const BreakerRegistry& breakers = process_breakers());

  // Call it before the first check; there is no mirror by default. It is degraded while more than
  // `most_waiting` changes wait.
  void watch(const Mirror& mirror, std::int64_t most_waiting);
  // Where several daemons share the store. It must outlive this object.
  void watch(PostgresStore& shared) { shared_ = &shared; }

  wire::StatusInfo status() const;
  bool is_ready() const { return status().status == "ready"; }

 private:
  wire::PartInfo check_store() const;
  wire::PartInfo check_disk() const;
  wire::PartInfo check_mirror() const;
  wire::PartInfo check_cluster() const;

  Store& store_;
  const StoreHealth& store_health_;
  const std::filesystem::path data_;
  const BreakerRegistry& breakers_;
  const UtcTime started_ = utc_now();
  const Mirror* mirror_ = nullptr;
  PostgresStore* shared_ = nullptr;
  std::int64_t most_waiting_ = 0;
};

// Below this, a publish may fail for lack of space, and the database cannot grow for long.
inline constexpr std::uint64_t kLittleDiskSpace = 256ULL * 1024 * 1024;

// Free space for this user, in bytes; nullopt where the system does not tell.
std::optional<std::uint64_t> free_disk_space(const std::filesystem::path& folder);

}  // namespace mkt
