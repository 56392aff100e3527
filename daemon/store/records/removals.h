// Removals: tarballs that are being removed, or were removed lately, from a blob store that several
// daemons share.
//
// The store of tarballs cannot remove an object on the condition that nobody has placed it again.
// So whoever removes one says so here first, in a change that finds no version with it, and says
// when it is done. A publication places its tarball, and then looks here. It must not commit during
// a removal, nor after one that may have taken what it placed: it places the tarball again when a
// removal was done and none of its requests can be late any more, and then commits. So a removal
// that was done stays here for longer than any publication takes.
//
// A store of one daemon has no removals: there nothing is removed while a daemon runs.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/utc_time.h"
#include "daemon/store/hold.h"

namespace mkt {

// How long after that a request of the removal may still arrive where the tarballs are: S3 accepts
// a signature for 15 minutes.
inline constexpr std::chrono::minutes kRemovalMayBeLate{16};

struct Removal {
  std::string checksum;
  std::int64_t number = 0;  // grows with each removal of the tarball
  std::optional<UtcTime> done_at;
};

class Removals {
 public:
  virtual ~Removals() = default;

  // Holds the tarball: shared to name it, exclusive to begin or end its removal.
  virtual std::optional<Removal> find(std::string_view checksum, Hold hold) const = 0;
  // By checksum, after that one.
  virtual std::vector<Removal> all(std::string_view after, std::uint32_t limit) const = 0;

  virtual void begin(std::string_view checksum) = 0;
  virtual void finish(std::string_view checksum, UtcTime at) = 0;
  // There was none.
  virtual void forget(std::string_view checksum) = 0;
};

}  // namespace mkt
