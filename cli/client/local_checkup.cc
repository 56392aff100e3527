#include "cli/client/local_checkup.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <map>
#include <set>

#include "cli/client/credentials.h"
#include "cli/client/key_book.h"
#include "cli/client/lock_file.h"
#include "cli/client/pins.h"
#include "cli/client/receipt.h"
#include "common/base/files.h"
#include "common/base/user_folders.h"
#include "common/base/utf8.h"
#include "common/signing/key_file.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

using Findings = std::vector<Finding>;

constexpr mode_t kOthersMayRead = 077;
constexpr mode_t kOthersMayWrite = 022;

std::string name_of(const fs::path& path) { return printable(path.lexically_normal().string()); }

std::string counted(std::size_t number, std::string_view what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

// Where a value was given, for a message.
std::string place_of_value(const SettingSource& source) {
  switch (source.place) {
    case SettingPlace::flag:
      return "the option for " + std::string(source.name);
    case SettingPlace::environment:
      return source.variable;
    default:
      return fmt::format("{} in {}", source.name, name_of(config_file()));
  }
}

std::string mend_of_value(const SettingSource& source) {
  return source.place == SettingPlace::config_file
             ? fmt::format("mkt config set {0} VALUE, or: mkt config unset {0}", source.name)
             : "give another value there, or none";
}

// The mode bits of a file or folder; nullopt where it is missing.
std::optional<mode_t> mode_of(const fs::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return std::nullopt;
  return info.st_mode & 07777;
}

bool is_of_another(const fs::path& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && info.st_uid != ::geteuid();
}

void check_key_file(const fs::path& path, Findings& findings, std::size_t& keys,
                    std::size_t& open_keys) {
  const std::string name = name_of(path);
  const auto file = KeyFile::read(path);
  if (file) {
    ++keys;
    if (!file->info.encrypted) ++open_keys;
    return;
  }
  const auto mode = mode_of(path);
  std::string mend =
      "restore it from a copy, or move it away; without a copy make another key: "
      "mkt key generate";
  if (is_of_another(path)) {
    mend = fmt::format("it belongs to another user: chown {} {}", ::geteuid(), name);
  } else if (mode && (*mode & kOthersMayRead) != 0) {
    mend = fmt::format(
        "chmod 600 {}; if others could use this machine meanwhile, replace the key: "
        "mkt key rotate",
        name);
  } else if (mode && (*mode & S_IRUSR) == 0) {
    mend = "chmod 600 " + name;
  }
  findings.push_back({"keys", Severity::error, printable(file.error().message), std::move(mend)});
}

void check_key_folder(const fs::path& folder, Findings& findings, std::size_t& keys,
                      std::size_t& open_keys) {
  std::error_code error;
  fs::directory_iterator it(folder, error);
  for (const fs::directory_iterator end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".key") {
      check_key_file(it->path(), findings, keys, open_keys);
    }
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    findings.push_back({"keys", Severity::error,
                        fmt::format("cannot list {}: {}", name_of(folder), error.message()),
                        "chmod 700 " + name_of(folder)});
    return;
  }
  const auto mode = mode_of(folder);
  if (mode && (*mode & kOthersMayWrite) != 0) {
    findings.push_back({"keys", Severity::error,
                        fmt::format("others may replace files in {}", name_of(folder)),
                        "chmod 700 " + name_of(folder)});
  }
}

Finding damaged(const std::string& name, const Error& error, std::string mend) {
  return {name, Severity::error, printable(error.message), std::move(mend)};
}

// By id; damaged receipts are findings.
std::map<std::string, Installed> receipts_below(const fs::path& root, Findings& findings) {
  std::map<std::string, Installed> all;
  std::error_code error;
  fs::directory_iterator it(root, error);
  for (const fs::directory_iterator end; !error && it != end; it.increment(error)) {
    if (it->path().filename().string().starts_with('.')) continue;  // unfinished installs
    auto receipt = Receipt::read(it->path());
    if (receipt) {
      const std::string id = receipt->id;
      all.insert_or_assign(id, Installed{it->path(), std::move(*receipt)});
    } else if (receipt.error().code != ErrorCode::not_found &&
               receipt.error().code != ErrorCode::io_error) {
      findings.push_back(damaged("installed", receipt.error(),
                                 "move the folder away and install the connector again"));
    }
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    findings.push_back({"installed", Severity::error,
                        fmt::format("cannot list {}: {}", name_of(root), error.message()),
                        "make it readable"});
  }
  return all;
}

void compare_with_lock(const LockFile& lock, const std::map<std::string, Installed>& installed,
                       Findings& findings) {
  for (const auto& [id, entry] : lock.connectors()) {
    const auto here = installed.find(id);
    if (here == installed.end()) {
      findings.push_back(
          {"installed", Severity::warning,
           fmt::format("{}@{} is in {} but not installed", id, entry.version, name_of(lock.path())),
           fmt::format("mkt install --frozen, or: mkt uninstall {}", id)});
      continue;
    }
    const Receipt& receipt = here->second.receipt;
    if (receipt.version == entry.version && receipt.checksum == entry.checksum) continue;
    findings.push_back(
        {"installed", Severity::error,
         receipt.version == entry.version
             ? fmt::format("{}@{} is installed with the checksum {}, but {} has {}", id,
                           entry.version, receipt.checksum, name_of(lock.path()), entry.checksum)
             : fmt::format("{} is installed as {}, but {} has {}", id, receipt.version,
                           name_of(lock.path()), entry.version),
         fmt::format("take what the lock has: mkt install --frozen; or keep this one: mkt install "
                     "{}@{}",
                     id, receipt.version)});
  }
}

// The nearest folder that is there: the disk that a new file would be on.
fs::path nearest(fs::path folder) {
  std::error_code error;
  folder = fs::absolute(folder, error).lexically_normal();
  while (folder.has_relative_path() && !fs::exists(folder, error)) folder = folder.parent_path();
  return folder;
}

std::string in_units(std::uint64_t bytes) {
  constexpr std::uint64_t kMega = 1'000'000;
  return bytes < 1000 * kMega ? fmt::format("{} MB", bytes / kMega)
                              : fmt::format("{:.1f} GB", static_cast<double>(bytes) / 1e9);
}

}  // namespace

Findings check_settings(const SettingFlags& flags) {
  Findings findings;
  const fs::path file = config_file();
  const auto sources = setting_sources(flags);
  if (!sources) {
    return {damaged("settings", sources.error(), "mend that line; see: mkt config --help")};
  }
  bool has_token = false;
  for (const SettingSource& source : *sources) {
    if (source.value.empty()) continue;
    has_token = has_token || (source.name == "token" && source.place == SettingPlace::config_file);
    const Status usable = check_setting(source.name, source.value);
    if (usable) continue;
    findings.push_back(
        {"settings", Severity::error,
         fmt::format("{}: {}", place_of_value(source), printable(usable.error().message)),
         mend_of_value(source)});
  }
  if (findings.empty()) {
    if (const auto settings = Settings::load(flags); !settings) {
      findings.push_back(damaged("settings", settings.error(), "give another value, or none"));
    }
  }
  const auto mode = mode_of(file);
  const bool exposed =
      mode && (has_token ? (*mode & kOthersMayRead) != 0 : (*mode & kOthersMayWrite) != 0);
  if (exposed) {
    findings.push_back(
        {"settings", Severity::warning,
         fmt::format("others may {} {}", has_token ? "read the token in" : "change", name_of(file)),
         "chmod 600 " + name_of(file)});
  }
  if (!findings.empty()) return findings;
  return {
      {"settings", Severity::ok,
       mode ? name_of(file) + " is valid"
            : fmt::format("there is no {}: the defaults and the environment count", name_of(file)),
       ""}};
}

Findings check_keys() {
  Findings findings;
  std::size_t keys = 0, open_keys = 0;
  check_key_folder(keys_folder(), findings, keys, open_keys);
  // Any origin: only whether the file can be read matters.
  if (const auto tokens = kept_token(kDefaultRegistry); !tokens) {
    const std::string file = name_of(user_config_folder() / "credentials.json");
    findings.push_back(damaged("keys", tokens.error(),
                               fmt::format("chmod 600 {0}; if it is damaged, move it away and log "
                                           "in again: mkt login",
                                           file)));
  }
  if (!findings.empty()) return findings;
  if (keys == 0) {
    return {{"keys", Severity::ok,
             "there are none; publishing needs one: mkt key generate --publisher NAME", ""}};
  }
  return {{"keys", Severity::ok,
           fmt::format("{} in {}, {} without a passphrase; only you can read them", keys,
                       name_of(keys_folder()), open_keys),
           ""}};
}

Findings check_pins(const std::string& origin) {
  const fs::path file = pins_file();
  const auto pins = Pins::read(file, origin);
  if (!pins) {
    return {damaged("pins", pins.error(),
                    "restore the file, or move it away and pin again: mkt key trust PUBLISHER")};
  }
  Findings findings;
  if (const auto mode = mode_of(file); mode && (*mode & kOthersMayWrite) != 0) {
    findings.push_back({"pins", Severity::error,
                        fmt::format("others may change {}, and so whom you trust", name_of(file)),
                        fmt::format("look through it, then: chmod 644 {}", name_of(file))});
  }
  // What was last seen of the registry's keys; without it nothing is known against a pin.
  const auto book = KeyBook::read(key_book_folder(), origin);
  std::set<std::string> publishers;
  for (const Pin& pin : pins->all()) {
    publishers.insert(pin.publisher.text());
    if (!book) continue;
    const KeyId id = KeyId::of(pin.publisher, pin.key.fingerprint());
    const auto key = book->find(id.text());
    if (!key || !*key || (*key)->status != "revoked") continue;
    findings.push_back(
        {"pins", Severity::warning, fmt::format("{} is pinned but revoked", id.text()),
         fmt::format("mkt key trust {0} --remove, then pin the key that replaces it: mkt key trust "
                     "{0} --fingerprint DIGITS",
                     pin.publisher.text())});
  }
  if (!book && book.error().code != ErrorCode::not_found) {
    findings.push_back(damaged("pins", book.error(), "mkt key refresh --forget"));
  }
  if (!findings.empty()) return findings;
  return {{"pins", Severity::ok,
           pins->all().empty() ? fmt::format("no publisher of {} is pinned", origin)
                               : fmt::format("{} of {} of {}", counted(pins->all().size(), "key"),
                                             counted(publishers.size(), "publisher"), origin),
           ""}};
}

Findings check_installed(const fs::path& root) {
  Findings findings;
  const auto installed = receipts_below(root, findings);
  for (const auto& [id, one] : installed) {
    const Status unchanged = check_tree(one.folder, one.receipt);
    if (unchanged) continue;
    findings.push_back(
        damaged("installed", unchanged.error(),
                fmt::format("mkt verify {} shows all; to overwrite it: mkt install {}@{} --force",
                            name_of(one.folder), id, one.receipt.version)));
  }
  const auto lock = LockFile::read_beside(root);
  if (!lock) {
    findings.push_back(damaged("installed", lock.error(), "restore mkt.lock, or move it away"));
    return findings;
  }
  compare_with_lock(*lock, installed, findings);
  for (const auto& [id, one] : installed) {
    if (lock->find(id) != nullptr) continue;
    findings.push_back({"installed", Severity::warning,
                        fmt::format("{}@{} is installed but not in {}", id, one.receipt.version,
                                    name_of(lock->path())),
                        fmt::format("mkt install {}@{}", id, one.receipt.version)});
  }
  if (!findings.empty()) return findings;
  return {{"installed", Severity::ok,
           installed.empty() ? "nothing in " + name_of(root)
                             : fmt::format("{} in {}, as installed and as in {}", installed.size(),
                                           name_of(root), name_of(lock->path())),
           ""}};
}

Findings check_space(const fs::path& root) {
  struct Place {
    fs::path folder;
    std::string what;
  };
  std::error_code ignored;
  const std::vector<Place> places = {{user_config_folder(), "settings and keys"},
                                     {user_state_folder(), "state"},
                                     {user_cache_folder(), "the cache"},
                                     {fs::temp_directory_path(ignored), "temporary files"},
                                     {root, "connectors"}};
  Findings findings;
  std::set<dev_t> seen;
  std::string all;
  for (const Place& place : places) {
    if (place.folder.empty()) continue;  // not known, as HOME is not set
    const fs::path folder = nearest(place.folder);
    struct stat info {};
    struct statvfs disk {};
    if (::stat(folder.c_str(), &info) != 0 || ::statvfs(folder.c_str(), &disk) != 0) {
      findings.push_back({"space", Severity::error,
                          fmt::format("cannot look at {}: {}", name_of(folder),
                                      std::generic_category().message(errno)),
                          "make it readable"});
      continue;
    }
    if (::access(folder.c_str(), W_OK | X_OK) != 0) {
      // Who installs nothing here needs not to.
      const bool needed = place.what != "connectors";
      findings.push_back({"space", needed ? Severity::error : Severity::warning,
                          fmt::format("cannot write {} into {}: {}", place.what, name_of(folder),
                                      std::generic_category().message(errno)),
                          needed ? "make it writable for you" : "install elsewhere: --root DIR"});
    }
    if (!seen.insert(info.st_dev).second) continue;
    const std::uint64_t left = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
    const std::string text = fmt::format("{} free in {}", in_units(left), name_of(folder));
    if (left < kLittleSpace) {
      findings.push_back({"space", left < kNoSpace ? Severity::error : Severity::warning,
                          fmt::format("only {}", text),
                          fmt::format("make room there for {}", place.what)});
    }
    all += (all.empty() ? "" : ", ") + text;
  }
  if (!findings.empty()) return findings;
  return {{"space", Severity::ok, all, ""}};
}

}  // namespace mkt
