#include "cli/client/last_change.h"

#include "cli/client/origin_file.h"
#include "common/base/files.h"
#include "common/base/text.h"
#include "common/base/user_folders.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxBytes = 64;

}  // namespace

fs::path last_change_folder() {
  const fs::path state = user_state_folder();
  return state.empty() ? state : state / "changes";
}

LastChange::LastChange(const fs::path& folder, const std::string& origin, UtcTime now) {
  if (folder.empty()) return;
  file_ = origin_file(folder, origin, "");
  const auto text = read_file(file_, kMaxBytes);
  if (!text) return;
  const std::size_t space = text->find(' ');
  const auto sequence = parse_natural(text->substr(0, space));
  const auto at = space == std::string::npos ? std::nullopt : parse_utc(trim(text->substr(space)));
  if (!sequence || !at || *at > now) return;
  sequence_ = *sequence;
  at_ = *at;
}

std::optional<std::int64_t> LastChange::newest(UtcTime now) const {
  if (sequence_ == 0 || now - at_ > kWorthTelling) return std::nullopt;
  return sequence_;
}

void LastChange::told(std::int64_t sequence, UtcTime now) {
  if (newest(now).value_or(0) > sequence) return;
  sequence_ = sequence;
  at_ = now;
  if (file_.empty() || !make_folders(file_.parent_path(), 0700)) return;
  static_cast<void>(
      write_file_atomically(file_, std::to_string(sequence) + " " + format_utc(now) + "\n", 0600));
}

}  // namespace mkt
