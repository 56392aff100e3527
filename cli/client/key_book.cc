// Stores, refreshes and searches the list of keys.
#include "cli/client/key_book.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>

#include "cli/client/key_lines.h"
#include "cli/client/origin_file.h"
#include "common/base/files.h"
#include "common/base/user_folders.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFormat = "mkt keys 1";
constexpr std::uint64_t kMaxSeenBytes = 4096;
constexpr std::uint64_t kMaxEvidenceBytes = 256 * 1024 * 1024;
// A confirmation is written again only when the last one is this old, as the age is shown in days.
constexpr std::chrono::minutes kConfirmEvery{30};

struct Seen {
  std::int64_t sequence = 0;
  UtcTime checked_at{};
};

Result<std::optional<Seen>> read_seen(const fs::path& file) {
  const auto text = read_file(file, kMaxSeenBytes);
  if (!text) {
    if (text.error().code == ErrorCode::not_found) return std::optional<Seen>();
    return text.error();
  }
  const auto json = parse_json(*text, "it");
  const auto sequence = json ? number_member(*json, "sequence") : std::nullopt;
  const auto checked_at =
      json ? parse_utc(text_member(*json, "checkedAt").value_or("")) : std::nullopt;
  if (sequence && checked_at) return std::optional<Seen>({*sequence, *checked_at});
  return Error(ErrorCode::data_damaged,
               fmt::format("{} is damaged; fetch the keys again: mkt key refresh --forget",
                           printable(file.string())));
}

Status write_seen(const fs::path& file, const Seen& seen) {
  return write_file_atomically(
      file,
      dump_json({{"sequence", seen.sequence}, {"checkedAt", format_utc(seen.checked_at)}}) + "\n",
      0644);
}

// Stores both lists, so that people can find out which of them was shown to others.
std::string keep_evidence(const fs::path& folder, const std::string& origin, const KeyBook& kept,
                          const fs::path& kept_file, const wire::KeyListing& sent) {
  const auto name = [&](const char* what) {
    return origin_file(folder, origin, fmt::format(".refused-{}.{}", kept.sequence(), what));
  };
  const fs::path ours = name("kept"), theirs = name("sent");
  const auto text = read_file(kept_file, kMaxEvidenceBytes);
  const bool written = text && write_file_atomically(ours, *text, 0644) &&
                       write_file_atomically(theirs, dump_json_pretty(sent.to_json()), 0644);
  if (!written) return "the two lists could not be kept as evidence";
  return fmt::format("the two lists are kept as evidence: {} and {}", printable(ours.string()),
                     printable(theirs.string()));
}

Error rolled_back(const std::string& origin, std::string_view what) {
  return Error(ErrorCode::keys_rolled_back,
               fmt::format("{}: {}; nothing it says about keys can be trusted. If it was set up "
                           "again, forget the keys seen before: mkt key refresh --forget",
                           origin, what));
}

std::string_view after_head(std::string_view text) {
  const std::size_t end = text.find('\n');
  return end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
}

}  // namespace

fs::path key_book_folder() { return user_state_folder() / "keys"; }

std::string_view KeyBook::lines() const { return after_head(file_.text()); }

Result<KeyBook> KeyBook::read(const fs::path& folder, const std::string& origin) {
  MKT_TRY(const auto seen, read_seen(origin_file(folder, origin, ".seen")));
  auto file = MappedFile::open(origin_file(folder, origin, ".keys"));
  if (!file || !seen) {
    if (!file && file.error().code != ErrorCode::not_found) return file.error();
    if (seen) return key_list_damaged("it is gone");
    return Error(ErrorCode::not_found, fmt::format("no keys of {} were kept", origin));
  }
  const auto head = parse_json(file->text().substr(0, file->text().find('\n')), "its head");
  const auto number = head ? number_member(*head, "sequence") : std::nullopt;
  if (!number || text_member(*head, "format") != kFormat ||
      text_member(*head, "origin") != origin ||
      number_member(*head, "bytes") != std::ssize(after_head(file->text()))) {
    return key_list_damaged("its head");
  }
  if (*number < seen->sequence) {
    return rolled_back(
        origin, fmt::format("the stored list of keys has number {}, but number {} was seen before",
                            *number, seen->sequence));
  }
  return KeyBook(std::move(*file), *number, seen->checked_at, false);
}

Result<KeyBook> KeyBook::keep(const fs::path& folder, const std::string& origin,
                              std::int64_t sequence, std::string_view lines, UtcTime now) {
  const std::string text = dump_json({{"format", kFormat},
                                      {"origin", origin},
                                      {"sequence", sequence},
                                      {"bytes", lines.size()}}) +
                           "\n" + std::string(lines);
  const fs::path seen = origin_file(folder, origin, ".seen");
  // A lower number is written first: after a kill in between, the list must not be older than the
  // number.
  MKT_TRY(const auto before, read_seen(seen));
  if (before && before->sequence > sequence) MKT_CHECK(write_seen(seen, {sequence, now}));
  MKT_CHECK(write_file_atomically(origin_file(folder, origin, ".keys"), text, 0644));
  MKT_CHECK(write_seen(seen, {sequence, now}));
  MKT_TRY(KeyBook book, read(folder, origin));
  book.fresh_ = true;
  return book;
}

Result<KeyBook> KeyBook::refresh(RegistryClient& registry, const fs::path& folder,
                                 const std::string& origin, UtcTime now) {
  auto kept = read(folder, origin);
  if (!kept && kept.error().code != ErrorCode::not_found) return kept.error();
  if (!kept) {
    MKT_TRY(const wire::KeyListing all, registry.keys_since(0));
    MKT_TRY(const MergedKeys merged, merge_keys("", all));
    return keep(folder, origin, all.sequence, merged.lines, now);
  }
  const std::int64_t known = kept->sequence_;
  // Asks from before the newest known change: with the same history, that change comes again
  // unchanged.
  const std::int64_t asked = std::max<std::int64_t>(known - 1, 0);
  MKT_TRY(wire::KeyListing news, registry.keys_since(asked));
  if (news.sequence < known && news.since != 0) {
    MKT_TRY(news, registry.keys_since(0));
  }
  if (news.since != 0 && news.since != asked) {
    return Error(ErrorCode::invalid_json,
                 fmt::format("the registry sent what changed in its keys since {}, not since {}",
                             news.since, asked));
  }
  MKT_TRY(const MergedKeys merged, merge_keys(kept->lines(), news));
  const auto refuse = [&](const std::string& what) {
    return rolled_back(origin,
                       fmt::format("{} ({})", what,
                                   keep_evidence(folder, origin, *kept,
                                                 origin_file(folder, origin, ".keys"), news)));
  };
  if (!merged.contradiction.empty()) {
    return refuse(
        fmt::format("the registry's list of keys has number {}, but number {} was seen before: {}",
                    news.sequence, known, merged.contradiction));
  }
  if (news.sequence == known && !merged.difference.empty()) {
    return refuse(
        fmt::format("the registry showed two lists of keys with the number {}; they "
                    "differ in {}",
                    known, merged.difference));
  }
  // A higher number alone proves nothing; only the changes sent with it explain it. A lower number
  // is no rollback where the list still has everything seen before; then the higher number was
  // wrong.
  const bool explained = merged.lines != kept->lines();
  if (explained || news.sequence < known) {
    return keep(folder, origin, news.sequence, merged.lines, now);
  }
  if (now - kept->checked_at_ > kConfirmEvery || now < kept->checked_at_) {
    MKT_CHECK(write_seen(origin_file(folder, origin, ".seen"), {known, now}));
  }
  kept->checked_at_ = now;
  kept->fresh_ = true;
  return std::move(*kept);
}

Result<KeyBook> KeyBook::open(RegistryClient& registry, const fs::path& folder,
                              const std::string& origin, bool offline, UtcTime now) {
  const auto without_registry = [&](const std::string& why, ErrorCode code) -> Result<KeyBook> {
    auto kept = read(folder, origin);
    if (kept || kept.error().code != ErrorCode::not_found) return kept;
    return Error(
        code,
        fmt::format(
            "{}, and no list of its keys is stored here, so it is not known which keys are revoked",
            why));
  };
  if (offline) {
    return without_registry(fmt::format("{} is not asked (--offline)", origin),
                            ErrorCode::registry_unavailable);
  }
  MKT_CHECK(make_folders(folder, 0700));
  // One process at a time asks; the others then find the answer stored.
  const fs::path lock_file = origin_file(folder, origin, ".lock");
  const UniqueFd lock(::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock || ::flock(lock.get(), LOCK_EX) != 0) {
    return system_error(fmt::format("cannot lock {}", printable(lock_file.string())), errno);
  }
  auto book = refresh(registry, folder, origin, now);
  if (book) return book;
  const ErrorCode code = book.error().code;
  if (code != ErrorCode::registry_unavailable && code != ErrorCode::timed_out &&
      code != ErrorCode::overloaded) {
    return book;
  }
  return without_registry(book.error().message, code);
}

Status KeyBook::forget(const fs::path& folder, const std::string& origin) {
  for (const char* ending : {".keys", ".seen"}) {
    const fs::path file = origin_file(folder, origin, ending);
    if (::unlink(file.c_str()) != 0 && errno != ENOENT) {
      return system_error(fmt::format("cannot remove {}", printable(file.string())), errno);
    }
  }
  return {};
}

Result<std::optional<wire::KeyInfo>> KeyBook::find(std::string_view key_id) const {
  MKT_TRY(const std::size_t begin, lower_bound_of_key(lines(), key_id));
  if (begin >= lines().size()) return std::optional<wire::KeyInfo>();
  const std::string_view line = line_at(lines(), begin);
  MKT_TRY(const std::string_view found, key_id_of(line));
  if (found != key_id) return std::optional<wire::KeyInfo>();
  MKT_TRY(wire::KeyInfo key, parse_key_line(line));
  return std::optional(std::move(key));
}

Result<std::vector<wire::KeyInfo>> KeyBook::of_publisher(const PublisherId& publisher) const {
  const std::string prefix = publisher.text() + ":";
  std::vector<wire::KeyInfo> keys;
  MKT_TRY(std::size_t at, lower_bound_of_key(lines(), prefix));
  while (at < lines().size()) {
    const std::string_view line = line_at(lines(), at);
    MKT_TRY(const std::string_view id, key_id_of(line));
    if (!id.starts_with(prefix)) break;
    MKT_TRY(wire::KeyInfo key, parse_key_line(line));
    keys.push_back(std::move(key));
    at += line.size() + 1;
  }
  return keys;
}

Result<std::optional<wire::KeyInfo>> KeyBook::find_named(const KeyName& name) const {
  if (name.as_id()) return find(name.text());
  if (const auto publisher = name.publisher_of_older_form()) {
    MKT_TRY(auto keys, of_publisher(*publisher));
    std::erase_if(keys, [&](const wire::KeyInfo& key) {
      const std::string digits = older_fingerprint(key.public_key);
      return !name.text().ends_with(":" + digits.substr(0, KeyName::kOlderDigits));
    });
    return keys.size() == 1 ? std::optional(std::move(keys[0])) : std::nullopt;
  }
  // Aliases are few and not sorted.
  MKT_TRY(auto keys, containing(dump_json(name.text())));
  std::erase_if(keys, [&](const wire::KeyInfo& key) {
    return std::find(key.aliases.begin(), key.aliases.end(), name.text()) == key.aliases.end();
  });
  return keys.empty() ? std::nullopt : std::optional(std::move(keys[0]));
}

Result<std::vector<wire::KeyInfo>> KeyBook::with_fingerprint(std::string_view fingerprint) const {
  MKT_TRY(auto keys, containing(dump_json(fingerprint)));
  std::erase_if(keys, [&](const wire::KeyInfo& key) { return key.fingerprint != fingerprint; });
  return keys;
}

Result<std::vector<wire::KeyInfo>> KeyBook::containing(std::string_view text) const {
  std::vector<wire::KeyInfo> keys;
  for (std::size_t at = lines().find(text); at != std::string_view::npos;) {
    const std::size_t before = lines().rfind('\n', at);
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    const std::string_view line = line_at(lines(), begin);
    MKT_TRY(wire::KeyInfo key, parse_key_line(line));
    keys.push_back(std::move(key));
    at = lines().find(text, begin + line.size());
  }
  return keys;
}

Status KeyBook::check_age(UtcTime now) const {
  if (fresh_ || now - checked_at_ <= kMaxAge) return {};
  return Error(ErrorCode::stale_keys,
               remark(now) + "; reach the registry, or take the risk: --accept-stale");
}

std::string KeyBook::remark(UtcTime now) const {
  if (fresh_) return {};
  const auto age = std::max(now - checked_at_, std::chrono::milliseconds(0));
  const auto days = std::chrono::duration_cast<std::chrono::days>(age).count();
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(age).count();
  const std::string old = days > 0
                              ? fmt::format("{} day{} old", days, days == 1 ? "" : "s")
                              : fmt::format("{} minute{} old", minutes, minutes == 1 ? "" : "s");
  const bool warn = age > kWarnAge;
  return fmt::format("the list of keys is {}{}{}", old, warn ? "" : " (the registry was not asked)",
                     warn ? ": a revocation since then is not known" : "");
}

}  // namespace mkt
