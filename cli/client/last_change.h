// LastChange: the newest change of a registry that this user was told of.
//
// Where several daemons serve a registry, the next command may ask another one than the last, which
// has not heard of the change yet. So the number that came with the answer is kept and sent with
// requests for kWorthTelling: it makes that daemon wait a moment ("Several daemons" in
// mkt-protocol(7)). One daemon alone gives no numbers, and then nothing is written.
//
// A file for each origin, FOLDER/<origin>, holds the number. What cannot be read or written is left
// out: only that moment is lost. Use from one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "common/base/utc_time.h"

namespace mkt {

// The folder of the user's state.
std::filesystem::path last_change_folder();

class LastChange {
 public:
  // A daemon that has not heard of a change for that long does not answer from memory any more.
  static constexpr std::chrono::seconds kWorthTelling{120};

  // An empty folder: nothing is kept beyond this object.
  LastChange(const std::filesystem::path& folder, const std::string& origin, UtcTime now);

  // nullopt where there is none, or it is too old to matter.
  std::optional<std::int64_t> newest(UtcTime now) const;
  // A greater one stays.
  void told(std::int64_t sequence, UtcTime now);

 private:
  std::filesystem::path file_;
  std::int64_t sequence_ = 0;
  UtcTime at_{};
};

}  // namespace mkt
