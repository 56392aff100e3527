#include "cli/client/signings_of_others.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "cli/client/origin_file.h"
#include "common/base/files.h"
#include "common/base/text.h"
#include "common/base/user_folders.h"

namespace mkt {
namespace {

constexpr std::uint64_t kMostSeenBytes = 64;

std::optional<std::int64_t> last_seen(const std::filesystem::path& file) {
  const auto text = read_file(file, kMostSeenBytes);
  return text ? parse_natural(trim(*text)) : std::nullopt;
}

// What cannot be written is told of again.
void keep_seen(const std::filesystem::path& file, std::int64_t sequence) {
  if (!make_folders(file.parent_path(), 0700)) return;
  static_cast<void>(write_file_atomically(file, std::to_string(sequence) + "\n", 0600));
}

}  // namespace

std::filesystem::path signings_folder() {
  const std::filesystem::path state = user_state_folder();
  return state.empty() ? state : state / "signings";
}

SigningsOfOthers new_signings_of_others(const Settings& settings, const PublisherId& publisher,
                                        const std::filesystem::path& folder) {
  if (folder.empty()) return {};
  const auto file = origin_file(folder, settings.registry, "+" + publisher.text());
  const auto seen = last_seen(file);
  Settings brief = settings;
  brief.timeout = SigningsOfOthers::kPatience;
  brief.wait_for_limits = false;
  brief.on_wait = {};
  auto listing = RegistryClient(brief).signings(publisher, seen.value_or(0));
  if (!listing) return {};
  std::int64_t newest = seen.value_or(0);
  for (const wire::SigningInfo& s : listing->signings) newest = std::max(newest, s.sequence);
  if (!seen || newest > *seen) keep_seen(file, newest);
  if (!seen) return {};
  std::erase_if(listing->signings, [](const wire::SigningInfo& s) { return s.yours; });
  return {std::move(listing->signings), listing->has_more};
}

}  // namespace mkt
