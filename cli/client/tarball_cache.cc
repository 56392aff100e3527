#include "cli/client/tarball_cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "common/base/encoding.h"
#include "common/base/files.h"
#include "common/base/json.h"
#include "common/base/user_folders.h"
#include "common/base/utf8.h"
#include "common/connector/archive_limits.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kCacheFormat = "mkt cache 1";
constexpr std::string_view kTarballName = "tarball";
// Of what is not complete, or about to be removed. Hidden, and locked while its process lives.
constexpr std::string_view kUnfinishedPrefix = ".unfinished-";
constexpr std::uint64_t kMaxSourceBytes = kMaxSignatureFileBytes + 4096;
constexpr std::chrono::hours kClockError{24};
constexpr UtcTime kLongAgo{std::chrono::seconds(1)};
constexpr std::size_t kCopyBytes = 256 * 1024;

// "http+127.0.0.1:3456.json"; an origin contains no '+'.
std::string source_name(const std::string& registry) {
  std::string name = registry;
  if (const std::size_t scheme = name.find("://"); scheme != std::string::npos) {
    name.replace(scheme, 3, "+");
  }
  return name + ".json";
}

Error not_used(const fs::path& folder, std::string_view why) {
  return Error(ErrorCode::io_error,
               fmt::format("the cache {} is not used: {}", printable(folder.string()), why));
}

// True where it is there and nobody else can change what is in it.
Result<bool> is_own_folder(const fs::path& folder) {
  struct stat info {};
  if (::lstat(folder.c_str(), &info) != 0) {
    if (errno == ENOENT) return false;
    return system_error(fmt::format("cannot look at the cache {}", printable(folder.string())),
                        errno);
  }
  if (S_ISLNK(info.st_mode)) return not_used(folder, "it is a symbolic link");
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd || ::fstat(fd.get(), &info) != 0) {
    return system_error(fmt::format("cannot open the cache {}", printable(folder.string())), errno);
  }
  if (info.st_uid != ::geteuid()) return not_used(folder, "it belongs to another user");
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return not_used(folder, "others may write to it; chmod 700 makes it yours alone");
  }
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    ::fchmod(fd.get(), 0700);  // where that fails, others can still only read
  }
  return true;
}

// A plain file of this user, or none.
UniqueFd open_own_file(const fs::path& file, struct stat& info) {
  UniqueFd fd(::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd) return fd;
  if (::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode) || info.st_uid != ::geteuid()) {
    errno = EPERM;
    return UniqueFd();
  }
  return fd;
}

UtcTime time_of(const timespec& time) {
  return UtcTime(std::chrono::duration_cast<UtcTime::duration>(
      std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec)));
}

// A failure only makes it seem older.
void set_used(int fd, UtcTime now) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(now);
  timespec time{};
  time.tv_sec = static_cast<time_t>(whole.time_since_epoch().count());
  time.tv_nsec =
      static_cast<long>(std::chrono::nanoseconds(now - whole).count());  // NOLINT(runtime/int)
  const timespec times[] = {time, time};
  ::futimens(fd, times);
}

Status copy_file(int from, int to, std::uint64_t size) {
  std::vector<std::uint8_t> buffer(std::min<std::uint64_t>(size, kCopyBytes));
  for (std::uint64_t done = 0; done < size;) {
    MKT_TRY(const std::size_t n, read_at(from, buffer, done, "the tarball"));
    if (n == 0) return Error(ErrorCode::io_error, "the tarball became shorter");
    MKT_CHECK(write_all(to, std::span(buffer.data(), n), "the tarball"));
    done += n;
  }
  return {};
}

Status write_source(const fs::path& file, const TarballSource& source) {
  const Json json{{"format", kCacheFormat},
                  {"registry", source.registry},
                  {"id", source.id.text()},
                  {"version", source.version.text()},
                  {"acceptedSequence", source.accepted_sequence},
                  {"signature", source.signature.json()}};
  const std::string text = dump_json(json) + "\n";
  MKT_TRY(const UniqueFd fd, create_file(file, 0600));
  return write_all(fd.get(), as_bytes(text), printable(file.string()));
}

bool is_same(const TarballSource& a, const TarballSource& b) {
  return a.registry == b.registry && a.id == b.id && a.version == b.version &&
         a.accepted_sequence == b.accepted_sequence && a.signature.json() == b.signature.json();
}

// The least recently used first; by name where that is equal, so that every process removes the
// same ones.
bool is_older(const TarballCache::Entry& a, const TarballCache::Entry& b) {
  return a.used_at != b.used_at ? a.used_at < b.used_at : a.checksum.hex() < b.checksum.hex();
}

}  // namespace

TarballCache TarballCache::of_user(const Settings& settings, Tell tell) {
  const fs::path cache = user_cache_folder();
  return {cache.empty() ? cache : cache / "tarballs", settings.cache_bytes, std::move(tell)};
}

fs::path TarballCache::place_of(const Checksum& checksum) const { return folder_ / checksum.hex(); }

Result<bool> TarballCache::look() const {
  if (folder_.empty()) return false;
  MKT_TRY(const bool parent, is_own_folder(folder_of(folder_)));
  if (!parent) return false;
  return is_own_folder(folder_);
}

bool TarballCache::is_usable() {
  if (limit_ == 0 || given_up_) return false;
  const auto there = look();
  if (there) return *there;
  given_up_ = true;
  tell_(there.error().message);
  return false;
}

Result<std::optional<std::uint64_t>> TarballCache::take(const Checksum& checksum, int to) {
  using Taken = std::optional<std::uint64_t>;
  if (!is_usable()) return Taken();
  struct stat info {};
  const UniqueFd from = open_own_file(place_of(checksum) / kTarballName, info);
  if (!from) {
    if (errno != ENOENT) remove_damaged(checksum, "it cannot be read");
    return Taken();
  }
  std::vector<std::uint8_t> buffer(kCopyBytes);
  Hasher hasher;
  std::uint64_t size = 0;
  std::string_view damage;
  while (damage.empty()) {
    const auto n = read_at(from.get(), buffer, size, "the tarball");
    if (!n) damage = "it cannot be read";
    if (!n || *n == 0) break;
    size += *n;
    if (size > kMaxTarballBytes) damage = "it is too large";
    const std::span<const std::uint8_t> bytes(buffer.data(), *n);
    hasher.update(bytes);
    MKT_CHECK(write_all(to, bytes, "the tarball"));
  }
  if (damage.empty() && hasher.finish() != checksum) damage = "it has another checksum";
  if (damage.empty()) {
    set_used(from.get(), now_());
    return Taken(size);
  }
  remove_damaged(checksum, damage);
  if (::ftruncate(to, 0) != 0 || ::lseek(to, 0, SEEK_SET) != 0) {
    return system_error("cannot empty the tarball", errno);
  }
  return Taken();
}

std::optional<TarballSource> TarballCache::source(const Checksum& checksum,
                                                  const std::string& registry) {
  if (!is_usable()) return std::nullopt;
  auto source = read_source(place_of(checksum) / source_name(registry), checksum);
  if (source && source->registry != registry) source.reset();
  return source;
}

void TarballCache::keep(const Checksum& checksum, int from, const TarballSource& source) {
  const auto give_up = [&](const Error& error) {
    keeps_ = false;
    tell_(fmt::format("the tarball is not kept in the cache {}: {}", printable(folder_.string()),
                      error.message));
  };
  if (!keeps_ || folder_.empty()) return;
  if (!is_usable()) {
    if (limit_ == 0 || given_up_) return;
    if (const Status made = make_folders(folder_, 0700); !made) return give_up(made.error());
    if (!is_usable()) return;
  }
  const auto size = file_size(from, "the tarball");
  if (!size) return give_up(size.error());
  if (*size > limit_) return;
  struct stat info {};
  const bool is_new = ::lstat((place_of(checksum) / kTarballName).c_str(), &info) != 0;
  if (is_new) {
    if (::lstat(place_of(checksum).c_str(), &info) == 0) remove(checksum);  // without its tarball
  } else {
    const auto known = this->source(checksum, source.registry);
    if (known && is_same(*known, source)) return;
  }
  const Status kept = is_new ? add(checksum, from, *size, source) : add_source(checksum, source);
  if (!kept) give_up(kept.error());
  if (is_new) {
    TemporaryFolder::remove_abandoned(folder_, kUnfinishedPrefix);
    bool all_went = true;  // else the next one tries again
    trim(limit_, all_went);
  }
}

Status TarballCache::add(const Checksum& checksum, int from, std::uint64_t size,
                         const TarballSource& source) {
  MKT_TRY(const TemporaryFolder unfinished, TemporaryFolder::create(folder_, kUnfinishedPrefix));
  const fs::path place = unfinished.path() / checksum.hex();
  MKT_CHECK(make_folders(place, 0700));
  MKT_TRY(const UniqueFd to, create_file(place / kTarballName, 0600));
  MKT_CHECK(copy_file(from, to.get(), size));
  MKT_CHECK(write_source(place / source_name(source.registry), source));
  set_used(to.get(), now_());
  if (::rename(place.c_str(), place_of(checksum).c_str()) == 0) return {};
  // Another process was faster.
  if (errno == EEXIST || errno == ENOTEMPTY) return add_source(checksum, source);
  return system_error("cannot name the tarball", errno);
}

Status TarballCache::add_source(const Checksum& checksum, const TarballSource& source) {
  MKT_TRY(const TemporaryFolder unfinished, TemporaryFolder::create(folder_, kUnfinishedPrefix));
  const std::string name = source_name(source.registry);
  MKT_CHECK(write_source(unfinished.path() / name, source));
  const fs::path place = place_of(checksum) / name;
  if (::rename((unfinished.path() / name).c_str(), place.c_str()) == 0) return {};
  if (errno == ENOENT) return {};  // another process has removed the tarball
  return system_error(fmt::format("cannot write {}", printable(place.string())), errno);
}

bool TarballCache::remove(const Checksum& checksum) const {
  const auto bin = TemporaryFolder::create(folder_, kUnfinishedPrefix);
  if (!bin) return false;
  const fs::path gone = bin->path() / checksum.hex();
  return ::rename(place_of(checksum).c_str(), gone.c_str()) == 0 || errno == ENOENT;
}

void TarballCache::remove_damaged(const Checksum& checksum, std::string_view reason) {
  const bool removed = remove(checksum);
  tell_(fmt::format("the tarball {} in the cache is damaged ({}) and {}", checksum.text(), reason,
                    removed ? "was removed" : "could not be removed"));
}

std::vector<TarballCache::Entry> TarballCache::entries() const {
  std::vector<Entry> all;
  std::error_code ignored;  // what cannot be read is not there
  for (fs::directory_iterator it(folder_, ignored), end; !ignored && it != end;
       it.increment(ignored)) {
    const std::string name = it->path().filename().string();
    const auto checksum = Checksum::parse("sha256:" + name);
    if (!checksum || checksum->hex() != name) continue;
    Entry entry{*checksum};
    struct stat info {};
    if (::lstat((it->path() / kTarballName).c_str(), &info) == 0) {
      entry.bytes = static_cast<std::uint64_t>(info.st_size);
      entry.used_at = time_of(info.st_mtim);
      // Of a clock that was wrong: such a tarball must not stay for ever.
      if (entry.used_at > now_() + kClockError) entry.used_at = kLongAgo;
    }
    all.push_back(entry);
  }
  return all;
}

std::vector<TarballCache::Entry> TarballCache::trim(std::uint64_t limit, bool& all_went) const {
  std::vector<Entry> all = entries(), removed;
  std::uint64_t bytes = 0;
  for (const Entry& entry : all) bytes += entry.bytes;
  if (bytes <= limit) return removed;
  std::sort(all.begin(), all.end(), is_older);
  for (const Entry& entry : all) {
    if (bytes <= limit) break;
    if (!remove(entry.checksum)) {
      all_went = false;
      continue;
    }
    bytes -= entry.bytes;
    removed.push_back(entry);
  }
  return removed;
}

Result<std::vector<TarballCache::Entry>> TarballCache::list() const {
  MKT_TRY(const bool there, look());
  if (!there) return std::vector<Entry>();
  std::vector<Entry> all = entries();
  std::sort(all.begin(), all.end(), [](const Entry& a, const Entry& b) { return is_older(b, a); });
  return all;
}

std::vector<TarballSource> TarballCache::sources(const Checksum& checksum) const {
  std::vector<TarballSource> all;
  std::error_code ignored;
  for (fs::directory_iterator it(place_of(checksum), ignored), end; !ignored && it != end;
       it.increment(ignored)) {
    if (it->path().extension() != ".json") continue;
    if (auto source = read_source(it->path(), checksum)) all.push_back(std::move(*source));
  }
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return a.registry < b.registry; });
  return all;
}

std::optional<TarballSource> TarballCache::read_source(const fs::path& file,
                                                       const Checksum& checksum) const {
  struct stat info {};
  const UniqueFd fd = open_own_file(file, info);
  if (!fd || static_cast<std::uint64_t>(info.st_size) > kMaxSourceBytes) return std::nullopt;
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  const auto n =
      read_at(fd.get(), {reinterpret_cast<std::uint8_t*>(text.data()), text.size()}, 0, "it");
  const auto json = n && *n == text.size() ? parse_json(text, "it")
                                           : Result<Json>(Error(ErrorCode::io_error, ""));
  if (!json || !json->is_object() || text_member(*json, "format") != kCacheFormat) {
    return std::nullopt;
  }
  auto registry = registry_origin(text_member(*json, "registry").value_or(""));
  auto id = ConnectorId::parse(text_member(*json, "id").value_or(""));
  auto version = Version::parse(text_member(*json, "version").value_or(""));
  const auto sequence = number_member(*json, "acceptedSequence");
  const auto signed_by = json->find("signature");
  if (!registry || !id || !version || !sequence || signed_by == json->end()) return std::nullopt;
  auto signature = SignatureFile::from_json(*signed_by);
  if (!signature || signature->checksum != checksum) return std::nullopt;
  return TarballSource{std::move(*registry), std::move(*id), std::move(*version), *sequence,
                       std::move(*signature)};
}

Result<std::vector<TarballCache::Entry>> TarballCache::prune(std::uint64_t limit) {
  MKT_TRY(const bool there, look());
  if (!there) return std::vector<Entry>();
  TemporaryFolder::remove_abandoned(folder_, kUnfinishedPrefix);
  bool all_went = true;
  std::vector<Entry> removed = trim(limit, all_went);
  for (const Entry& entry : entries()) {
    if (entry.used_at == UtcTime()) remove(entry.checksum);  // without its tarball
  }
  if (all_went) return removed;
  return Error(ErrorCode::io_error,
               fmt::format("the tarballs in {} cannot be removed", printable(folder_.string())));
}

// Empty where it is not.
std::string TarballCache::why_damaged(const Checksum& checksum) const {
  const fs::path place = place_of(checksum);
  struct stat info {};
  const UniqueFd fd = open_own_file(place / kTarballName, info);
  const auto actual = fd ? checksum_of_file(fd.get(), "the tarball")
                         : Result<Checksum>(Error(ErrorCode::io_error, ""));
  if (!actual) return "it cannot be read";
  if (*actual != checksum) return "it has another checksum: " + actual->text();
  std::error_code ignored;
  for (fs::directory_iterator it(place, ignored), end; !ignored && it != end;
       it.increment(ignored)) {
    const std::string name = it->path().filename().string();
    if (name == kTarballName) continue;
    const auto source = read_source(it->path(), checksum);
    if (!source || source_name(source->registry) != name) {
      return printable(name) + " is not what a registry said of it";
    }
  }
  return {};
}

Result<TarballCache::Checked> TarballCache::verify() {
  MKT_TRY(const std::vector<Entry> all, list());
  Checked checked;
  for (const Entry& entry : all) {
    const std::string reason = why_damaged(entry.checksum);
    struct stat info {};
    if (reason.empty()) {
      checked.good.push_back(entry);
    } else if (::lstat(place_of(entry.checksum).c_str(), &info) == 0) {  // nobody removed it
      checked.damaged.push_back({entry, reason, remove(entry.checksum)});
    }
  }
  return checked;
}

}  // namespace mkt
