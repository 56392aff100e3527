#include "daemon/ops/first_set_up.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

#include "common/base/encoding.h"
#include "common/base/files.h"
#include "common/base/pending_file.h"
#include "common/base/toml.h"
#include "common/base/utf8.h"
#include "daemon/ops/admin_token.h"
#include "daemon/ops/configuration.h"
#include "daemon/ops/settings_text.h"
#include "daemon/ops/storage.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostConfigBytes = 1024 * 1024;
constexpr unsigned kConfigMode = 0600;        // it may hold secrets of webhooks
constexpr unsigned kGroupConfigMode = 0640;   // root's, for the group of the daemon's user
constexpr unsigned kConfigFolderMode = 0755;  // as /etc has it
// The data of the system's daemon, and where its unit looks for the settings.
constexpr std::string_view kSystemData = "/var/lib/mktd";
constexpr std::string_view kSystemConfig = "/etc/mktd/mktd.conf";
constexpr auto kUnits = std::to_array<const char*>({"/etc/systemd/system/mktd.service",
                                                    "/usr/lib/systemd/system/mktd.service",
                                                    "/lib/systemd/system/mktd.service"});

fs::path whole_path(const fs::path& path) {
  std::error_code error;
  fs::path whole = fs::absolute(path, error).lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();
  return error ? path : whole;
}

// As long as it lives, root is the user who owns the folder: what is made there is that user's.
class ActingAsOwner {
 public:
  static Result<ActingAsOwner> of(const fs::path& folder) {
    struct stat info {};
    if (::geteuid() != 0 || ::stat(folder.c_str(), &info) != 0 || info.st_uid == 0) {
      return ActingAsOwner(false);
    }
    if (::setegid(info.st_gid) != 0 || ::seteuid(info.st_uid) != 0) {
      const int reason = errno;
      if (::setegid(0) != 0) std::abort();  // as below
      return system_error(fmt::format("cannot act as the owner of {}", folder.string()), reason);
    }
    return ActingAsOwner(true);
  }
  ActingAsOwner(ActingAsOwner&& other) noexcept : active_(std::exchange(other.active_, false)) {}
  ActingAsOwner& operator=(ActingAsOwner&&) = delete;
  ActingAsOwner(const ActingAsOwner&) = delete;
  ~ActingAsOwner() {
    // Both only take back what `of` changed, which the saved ids allow.
    if (active_ && (::seteuid(0) != 0 || ::setegid(0) != 0)) std::abort();
  }

 private:
  explicit ActingAsOwner(bool active) : active_(active) {}
  bool active_;
};

fs::path place_of_config(const SetUpWishes& wishes, const fs::path& data) {
  if (wishes.config) return whole_path(*wishes.config);
  if (const char* variable = std::getenv("MKTD_CONFIG"); variable != nullptr && *variable != '\0') {
    return whole_path(variable);
  }
  return data == kSystemData ? fs::path(kSystemConfig) : data / "mktd.conf";
}

// What the file holds; nullopt where there is none.
Result<std::optional<std::string>> read_config(const fs::path& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) {
    if (errno == ENOENT) return std::optional<std::string>();
    return system_error(fmt::format("cannot read {}", printable(file.string())), errno);
  }
  if (!S_ISREG(info.st_mode)) {
    return Error(ErrorCode::usage_error,
                 fmt::format("{} is no file; move it away", printable(file.string())));
  }
  if ((info.st_mode & 022) != 0) {
    return Error(ErrorCode::usage_error,
                 fmt::format("others may write {0} (mode {1:04o}), and with it the registry's "
                             "settings; look at it, then run: chmod go-w {0}",
                             printable(file.string()), info.st_mode & 07777));
  }
  MKT_TRY(std::string text, read_file(file, kMostConfigBytes));
  return std::optional(std::move(text));
}

// The settings as a daemon would read them.
Result<Configuration> daemons_settings(const fs::path& file) {
  std::array<std::string, 3> words{"mktd", "--config", file.string()};
  std::array<char*, 4> arguments{words[0].data(), words[1].data(), words[2].data(), nullptr};
  ParsedArguments parsed = parse_arguments(static_cast<int>(words.size()), arguments.data());
  if (!parsed.exit_now) return std::move(parsed.configuration);
  return Error(ErrorCode::usage_error,
               fmt::format("{}; nothing was changed: mend {}, or move it away, then run this again",
                           fmt::join(parsed.problems, "; "), printable(file.string())));
}

// Refuses wishes that differ from a file which is not to be changed.
Status check_wishes(const SetUpWishes& wishes, const SetUp& there) {
  const auto differs = [&](std::string_view name, const std::string& has, const std::string& wish) {
    return Error(
        ErrorCode::target_exists,
        fmt::format("{0} is there already and stays as it is: it has {1} = {2}, and not {3}; "
                    "change it there",
                    printable(there.config.string()), name, printable(has), printable(wish)));
  };
  if (wishes.reads && *wishes.reads != there.reads) {
    return differs("reads", there.reads, *wishes.reads);
  }
  if (wishes.listen && there.listen != std::vector{*wishes.listen}) {
    return differs("listen", fmt::format("{}", fmt::join(there.listen, ", ")), *wishes.listen);
  }
  if (wishes.data && whole_path(*wishes.data) != there.data) {
    return differs("data", there.data.string(), whole_path(*wishes.data).string());
  }
  return {};
}

Status check_reads(const std::string& word) {
  if (word == "anyone" || word == "token") return {};
  return Error(ErrorCode::usage_error,
               fmt::format("reads: \"{}\" is neither anyone nor token", printable(word)));
}

// The wish, or the answer of the person, who is asked until it is a right one.
Result<std::string> choose(const std::optional<std::string>& wish, const std::string& usual,
                           const Ask& ask, const std::string& question,
                           Status (*check)(const std::string&)) {
  std::string chosen = wish.value_or(usual);
  if (!wish && ask) {
    for (std::string told;;) {
      const auto answer = ask(fmt::format("{}{} [{}]: ", told, question, usual));
      if (!answer) return Error(ErrorCode::usage_error, "no answer came; nothing was changed");
      chosen = answer->empty() ? usual : *answer;
      const Status right = check(chosen);
      if (right) return chosen;
      told = right.error().message + "\n";
    }
  }
  MKT_CHECK(check(chosen));
  return chosen;
}

Status write_config(const SetUp& wanted, std::string text, bool is_new) {
  text = with_setting(std::move(text), "data", toml_text(wanted.data.string()));
  text = with_setting(std::move(text), "listen", fmt::format("[{}]", toml_text(wanted.listen[0])));
  text = with_setting(std::move(text), "reads", toml_text(wanted.reads));

  std::error_code error;
  const fs::path file = is_new ? wanted.config : fs::canonical(wanted.config, error);
  MKT_CHECK(make_folders(folder_of(file), kConfigFolderMode));
  struct stat info {};
  info.st_mode = kConfigMode;
  info.st_uid = ::geteuid();
  info.st_gid = ::getegid();
  if (!is_new) {
    if (::stat(file.c_str(), &info) != 0) {
      return system_error(fmt::format("cannot read {}", printable(file.string())), errno);
    }
  } else if (struct stat folder{};
             ::stat(wanted.data.c_str(), &folder) == 0 && folder.st_uid != info.st_uid) {
    info.st_mode = kGroupConfigMode;
    info.st_gid = folder.st_gid;
  }
  MKT_TRY(PendingFile pending, PendingFile::create(file, info.st_mode & 0777));
  MKT_CHECK(write_all(pending.fd(), as_bytes(text), file.string()));
  if (::fchown(pending.fd(), info.st_uid, info.st_gid) != 0 || ::fsync(pending.fd()) != 0) {
    return system_error(fmt::format("cannot write {}", printable(file.string())), errno);
  }
  MKT_CHECK(pending.appear(is_new ? PendingFile::Existing::keep : PendingFile::Existing::replace));
  return sync_folder(folder_of(file));
}

bool has_token(const fs::path& file) {
  std::error_code error;
  const auto bytes = fs::file_size(file, error);
  return !error && bytes > 0;
}

// Makes the folder and the token.
Status prepare_data(SetUp& now, bool new_admin_token) {
  MKT_TRY(const ActingAsOwner owner, ActingAsOwner::of(now.data));
  now.token_file = now.data / "admin.token";
  auto data = DataFolder::open(now.data);
  if (!data && data.error().code == ErrorCode::data_locked && !new_admin_token) {
    // Its daemon has made the first token.
    now.is_running = true;
    now.token = has_token(now.token_file) ? SetUp::Token::kept : SetUp::Token::lost;
    return {};
  }
  if (!data) return data.error();
  MKT_TRY(const Storage storage, Storage::open(Configuration{}, *data));
  // With an outbox, which a daemon without a mirror empties.
  const Marketplace market{.store = *storage.store,
                           .blobs = *storage.blobs,
                           .rules = {},
                           .now = utc_now,
                           .mirrored = true};
  if (new_admin_token) {
    MKT_CHECK(write_new_admin_token(market, *data));
    now.token = SetUp::Token::made;
    return {};
  }
  MKT_TRY(const bool made, write_first_admin_token(market, *data));
  now.token = made                        ? SetUp::Token::made
              : has_token(now.token_file) ? SetUp::Token::kept
                                          : SetUp::Token::lost;
  return {};
}

// As a shell reads it.
std::string shell_word(const std::string& text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:[]%+=@,";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos &&
      text.find('[') == std::string::npos) {
    return text;
  }
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

bool uses_sudo() { return std::getenv("SUDO_USER") != nullptr; }

// Where a client of this machine reaches the daemon.
std::string registry_url(const SetUp& done) {
  for (const std::string& address : done.listen) {
    if (address.starts_with("unix:")) continue;
    const std::size_t colon = address.rfind(':');
    const std::string port = address.substr(colon + 1);
    std::string host = address.substr(0, colon);
    if (host == "0.0.0.0") host = "127.0.0.1";
    if (host == "[::]") host = "[::1]";
    if (port != "0") return shell_word(fmt::format("http://{}:{}", host, port));
  }
  return fmt::format("\"$(cat {})\"", shell_word((done.data / "mktd.url").string()));
}

std::string start_line(const SetUp& done) {
  const bool has_unit = std::any_of(kUnits.begin(), kUnits.end(),
                                    [](const char* unit) { return ::access(unit, F_OK) == 0; });
  if (has_unit && done.config == kSystemConfig) {
    return fmt::format("{}systemctl enable --now mktd", uses_sudo() ? "sudo " : "");
  }
  return "mktd --config " + shell_word(done.config.string());
}

}  // namespace

Result<SetUp> set_up(const SetUpWishes& wishes, const Ask& ask) {
  SetUp now;
  now.data = wishes.data ? whole_path(*wishes.data) : whole_path(default_data_folder());
  now.config = place_of_config(wishes, now.data);
  MKT_TRY(const auto text, read_config(now.config));
  bool is_set = false;
  if (text) {
    // Also of one that sets nothing: a broken one is found here.
    MKT_TRY(const Configuration settings, daemons_settings(now.config));
    MKT_TRY(const auto lines, read_toml(*text, now.config.string()));
    is_set = !lines.empty();
    if (is_set) {
      if (!settings.database.empty()) {
        return Error(
            ErrorCode::usage_error,
            fmt::format("{} names a database that daemons share; run: mktd init --database "
                        "URL",
                        printable(now.config.string())));
      }
      now.data = whole_path(settings.data);
      now.reads = settings.reads;
      now.listen = settings.listen;
      MKT_CHECK(check_wishes(wishes, now));
    }
  }
  if (!is_set && !wishes.new_admin_token) {
    if (!ask && !wishes.reads && !wishes.take_defaults) {
      return Error(ErrorCode::usage_error,
                   "who may read? nobody can be asked, as standard input is no terminal; say "
                   "--reads anyone or --reads token, or --yes for the defaults");
    }
    const Ask asked = wishes.take_defaults ? Ask() : ask;
    MKT_TRY(now.reads, choose(wishes.reads, "anyone", asked,
                              "Who may search, read and download: anyone, or token (who has one)",
                              check_reads));
    MKT_TRY(const std::string listen,
            choose(wishes.listen, "127.0.0.1:3456", asked,
                   "Address to answer on, HOST:PORT or unix:PATH", check_address));
    now.listen = {listen};
  }
  MKT_CHECK(prepare_data(now, wishes.new_admin_token));
  if (!is_set && !wishes.new_admin_token) {
    MKT_CHECK(write_config(now, text ? *text : default_settings_text(), !text));
    now.config_written = true;
  }
  return now;
}

std::string login_line(const SetUp& done) {
  const std::string file = shell_word(done.token_file.string());
  if (uses_sudo()) {
    return fmt::format("sudo cat {} | mkt --registry {} login --with-token", file,
                       registry_url(done));
  }
  return fmt::format("mkt --registry {} login --with-token <{}", registry_url(done), file);
}

std::string describe(const SetUp& done) {
  std::string text;
  if (!done.reads.empty()) {
    text = fmt::format("settings  {}{}: reads = {}, listen = {}\n", printable(done.config.string()),
                       done.config_written ? " (written now)" : "", done.reads,
                       printable(fmt::format("{}", fmt::join(done.listen, ", "))));
  }
  text += fmt::format("data      {}{}\n", printable(done.data.string()),
                      done.is_running ? " (a daemon uses it)" : "");
  if (done.token == SetUp::Token::lost) {
    return text + fmt::format(
                      "token     the first admin's is not in {} any more\n\nAsk another admin "
                      "for a token. If there is none, stop the daemon and make one:\n  mktd "
                      "init --data {} --new-admin-token",
                      printable(done.token_file.string()), shell_word(done.data.string()));
  }
  text += fmt::format("token     {}{}, of an admin\n", printable(done.token_file.string()),
                      done.token == SetUp::Token::made ? " (made now)" : "");
  if (!done.is_running) {
    text += fmt::format("\nStart the registry:\n  {}\n", start_line(done));
  } else if (done.config_written) {
    text += "\nRestart the daemon, so that it takes over the settings.\n";
  }
  return text + fmt::format("Then log in as its admin, with this line:\n  {}", login_line(done));
}

}  // namespace mkt
