// Keeping, refreshing and searching the list of keys; see key_book.h.
#include "cli/client/key_book.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>

#include "common/base/files.h"
#include "common/base/user_folders.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFormat = "mkt keys 1";
constexpr std::uint64_t kMaxSeenBytes = 4096;
// A confirmation is written down again when the last one is this old: age is told in days.
constexpr std::chrono::minutes kConfirmEvery{30};

// "http+127.0.0.1:3456": an origin has no '+'.
fs::path file_of(const fs::path& folder, const std::string& origin, const char* ending) {
  std::string name = origin;
  if (const std::size_t scheme = name.find("://"); scheme != std::string::npos) {
    name.replace(scheme, 3, "+");
  }
  return folder / (name + ending);
}

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
               fmt::format("{} is damaged; fetch the keys anew: mkt key refresh --forget",
                           printable(file.string())));
}

Status write_seen(const fs::path& file, const Seen& seen) {
  return write_file_atomically(
      file,
      dump_json({{"sequence", seen.sequence}, {"checkedAt", format_utc(seen.checked_at)}}) + "\n",
      0644);
}

Error damaged(std::string_view what) {
  return Error(ErrorCode::data_damaged,
               fmt::format("the kept list of keys is damaged ({}); fetch it anew: mkt key refresh "
                           "--forget",
                           what));
}

Error rolled_back(const std::string& origin, std::string_view what) {
  return Error(ErrorCode::keys_rolled_back,
               fmt::format("{}: {}; nothing it says of keys can be believed. If it was set up "
                           "anew, forget what was seen: mkt key refresh --forget",
                           origin, what));
}

// The id at the start of a line that to_json wrote.
Result<std::string_view> id_of(std::string_view line) {
  constexpr std::string_view kStart = R"({"keyId":")";
  const std::size_t end = line.find('"', kStart.size());
  if (!line.starts_with(kStart) || end == std::string_view::npos) return damaged("a line");
  return line.substr(kStart.size(), end - kStart.size());
}

std::string_view line_at(std::string_view text, std::size_t begin) {
  return text.substr(begin, text.find('\n', begin) - begin);
}

// The start of the first line whose key id is not less than `id`.
Result<std::size_t> lower_bound(std::string_view text, std::string_view id) {
  std::size_t low = 0, high = text.size();  // both at the start of a line, or the end
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    const std::size_t before = middle == 0 ? std::string_view::npos : text.rfind('\n', middle - 1);
    const std::size_t begin = before == std::string_view::npos || before < low ? low : before + 1;
    const std::string_view line = line_at(text, begin);
    MKT_TRY(const std::string_view found, id_of(line));
    if (found < id) {
      low = std::min(text.size(), begin + line.size() + 1);
    } else {
      high = begin;
    }
  }
  return low;
}

Result<wire::KeyInfo> parse_line(std::string_view line) {
  const auto json = parse_json(line, "a line");
  if (!json) return damaged(json.error().message);
  auto key = wire::KeyInfo::parse(*json);
  if (!key) return damaged(key.error().message);
  return std::move(*key);
}

bool is_revoked(const wire::KeyInfo& key) { return key.status == "revoked"; }

// The kept lines with the changed keys in their places. keys_rolled_back when one that was revoked
// is so no longer.
Result<std::string> merged(std::string_view kept, const wire::KeyListing& news,
                           const std::string& origin) {
  std::vector<const wire::KeyInfo*> changed;
  for (const wire::KeyInfo& key : news.keys) changed.push_back(&key);
  std::sort(changed.begin(), changed.end(),
            [](const auto* a, const auto* b) { return a->key_id < b->key_id; });

  std::string text;
  text.reserve(kept.size() + news.keys.size() * 512);
  std::size_t at = 0;
  std::string_view previous;
  for (const wire::KeyInfo* key : changed) {
    if (!KeyId::parse(key->key_id) || key->key_id == previous) {
      return Error(ErrorCode::invalid_json,
                   fmt::format("the registry's list of keys is not of the protocol: \"{}\" is no "
                               "key id, or is there twice",
                               printable(key->key_id.substr(0, 100))));
    }
    previous = key->key_id;
    MKT_TRY(const std::size_t begin, lower_bound(kept, key->key_id));
    text += kept.substr(at, begin - at);
    at = begin;
    if (begin < kept.size()) {
      const std::string_view line = line_at(kept, begin);
      MKT_TRY(const std::string_view id, id_of(line));
      if (id == key->key_id) {
        MKT_TRY(const wire::KeyInfo before, parse_line(line));
        if (is_revoked(before) && !is_revoked(*key)) {
          return rolled_back(origin, fmt::format("the key {} was revoked and is said to be {} now",
                                                 id, printable(key->status)));
        }
        at = begin + line.size() + 1;
      }
    }
    text += dump_json(key->to_json());
    text += '\n';
  }
  text += kept.substr(std::min(at, kept.size()));
  return dump_json({{"format", kFormat},
                    {"origin", origin},
                    {"sequence", news.sequence},
                    {"bytes", text.size()}}) +
         "\n" + text;
}

std::string_view after_head(std::string_view text) {
  const std::size_t end = text.find('\n');
  return end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
}

}  // namespace

fs::path key_book_folder() { return user_state_folder() / "keys"; }

std::string_view KeyBook::lines() const { return after_head(file_.text()); }

Result<KeyBook> KeyBook::read(const fs::path& folder, const std::string& origin) {
  MKT_TRY(const auto seen, read_seen(file_of(folder, origin, ".seen")));
  auto file = MappedFile::open(file_of(folder, origin, ".keys"));
  if (!file || !seen) {
    if (!file && file.error().code != ErrorCode::not_found) return file.error();
    if (seen) return damaged("it is gone");
    return Error(ErrorCode::not_found, fmt::format("no keys of {} were kept", origin));
  }
  const auto head = parse_json(file->text().substr(0, file->text().find('\n')), "its head");
  const auto number = head ? number_member(*head, "sequence") : std::nullopt;
  if (!number || text_member(*head, "format") != kFormat ||
      text_member(*head, "origin") != origin ||
      number_member(*head, "bytes") != std::ssize(after_head(file->text()))) {
    return damaged("its head");
  }
  if (*number < seen->sequence) {
    return rolled_back(origin, fmt::format("the kept list of keys is number {}, but number {} was "
                                           "seen before",
                                           *number, seen->sequence));
  }
  return KeyBook(std::move(*file), *number, seen->checked_at, false);
}

Result<KeyBook> KeyBook::refresh(RegistryClient& registry, const fs::path& folder,
                                 const std::string& origin, UtcTime now) {
  auto kept = read(folder, origin);
  if (!kept && kept.error().code != ErrorCode::not_found) return kept.error();
  const std::int64_t known = kept ? kept->sequence_ : 0;
  MKT_TRY(const auto news, registry.keys_since(known));
  if (news && news->sequence < known) {
    return rolled_back(origin, fmt::format("the registry's list of keys is number {}, but number "
                                           "{} was seen before",
                                           news->sequence, known));
  }
  // A registry whose keys never changed has sequence 0; its list is still worth keeping.
  if (kept && (!news || news->sequence == known)) {
    if (now - kept->checked_at_ > kConfirmEvery || now < kept->checked_at_) {
      MKT_CHECK(write_seen(file_of(folder, origin, ".seen"), {known, now}));
    }
    kept->checked_at_ = now;
    kept->fresh_ = true;
    return std::move(*kept);
  }
  if (!news) return Error(ErrorCode::invalid_json, "the registry gave no list of keys");
  const bool is_delta = kept && news->since == known;
  MKT_TRY(const std::string text, merged(is_delta ? kept->lines() : "", *news, origin));
  MKT_CHECK(write_file_atomically(file_of(folder, origin, ".keys"), text, 0644));
  MKT_CHECK(write_seen(file_of(folder, origin, ".seen"), {news->sequence, now}));
  MKT_TRY(KeyBook book, read(folder, origin));
  book.fresh_ = true;
  return book;
}

Result<KeyBook> KeyBook::open(RegistryClient& registry, const fs::path& folder,
                              const std::string& origin, bool offline, UtcTime now) {
  const auto without_registry = [&](const std::string& why, ErrorCode code) -> Result<KeyBook> {
    auto kept = read(folder, origin);
    if (kept || kept.error().code != ErrorCode::not_found) return kept;
    return Error(code, fmt::format("{}, and no list of its keys was kept: what is revoked is not "
                                   "known",
                                   why));
  };
  if (offline) {
    return without_registry(fmt::format("{} is not asked (--offline)", origin),
                            ErrorCode::registry_unavailable);
  }
  MKT_CHECK(make_folders(folder, 0700));
  // One process at a time learns; the others then find it known.
  const fs::path lock_file = file_of(folder, origin, ".lock");
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
    const fs::path file = file_of(folder, origin, ending);
    if (::unlink(file.c_str()) != 0 && errno != ENOENT) {
      return system_error(fmt::format("cannot remove {}", printable(file.string())), errno);
    }
  }
  return {};
}

Result<std::optional<wire::KeyInfo>> KeyBook::find(std::string_view key_id) const {
  MKT_TRY(const std::size_t begin, lower_bound(lines(), key_id));
  if (begin >= lines().size()) return std::optional<wire::KeyInfo>();
  const std::string_view line = line_at(lines(), begin);
  MKT_TRY(const std::string_view found, id_of(line));
  if (found != key_id) return std::optional<wire::KeyInfo>();
  MKT_TRY(wire::KeyInfo key, parse_line(line));
  return std::optional(std::move(key));
}

Result<std::vector<wire::KeyInfo>> KeyBook::of_publisher(const PublisherId& publisher) const {
  const std::string prefix = publisher.text() + ":";
  std::vector<wire::KeyInfo> keys;
  MKT_TRY(std::size_t at, lower_bound(lines(), prefix));
  while (at < lines().size()) {
    const std::string_view line = line_at(lines(), at);
    MKT_TRY(const std::string_view id, id_of(line));
    if (!id.starts_with(prefix)) break;
    MKT_TRY(wire::KeyInfo key, parse_line(line));
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
  // Aliases are few and are not sorted: the lines that hold the text at all are looked at.
  const std::string wanted = dump_json(name.text());
  for (std::size_t at = lines().find(wanted); at != std::string_view::npos;
       at = lines().find(wanted, at + 1)) {
    const std::size_t before = lines().rfind('\n', at);
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    MKT_TRY(wire::KeyInfo key, parse_line(line_at(lines(), begin)));
    if (std::find(key.aliases.begin(), key.aliases.end(), name.text()) != key.aliases.end()) {
      return std::optional(std::move(key));
    }
  }
  return std::optional<wire::KeyInfo>();
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
  const std::string old =
      days > 0 ? fmt::format("{} day{} old", days, days == 1 ? "" : "s")
               : fmt::format("{} minutes old",
                             std::chrono::duration_cast<std::chrono::minutes>(age).count());
  const bool warn = age > kWarnAge;
  return fmt::format("the list of keys is {}{}{}", old, warn ? "" : " (the registry was not asked)",
                     warn ? ": a revocation since then is not known" : "");
}

}  // namespace mkt
