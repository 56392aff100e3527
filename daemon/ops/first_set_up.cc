#include "daemon/ops/first_set_up.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "common/base/encoding.h"
#include "common/base/files.h"
#include "common/base/pending_file.h"
#include "common/base/toml.h"
#include "common/base/utf8.h"
#include "daemon/ops/acting_as_owner.h"
#include "daemon/ops/admin_token.h"
#include "daemon/ops/configuration.h"
#include "daemon/ops/folder_tarballs.h"
#include "daemon/ops/set_up_https.h"
#include "daemon/ops/setting_checks.h"
#include "daemon/ops/settings_text.h"
#include "daemon/ops/storage.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostConfigBytes = 1024 * 1024;
constexpr unsigned kConfigMode = 0600;        // it may hold secrets of webhooks
constexpr unsigned kGroupConfigMode = 0640;   // root's, for the group of the daemon's user
constexpr unsigned kConfigFolderMode = 0755;  // as /etc has it

fs::path place_of_config(const SetUpWishes& wishes, const fs::path& data) {
  if (wishes.config) return whole_path(*wishes.config);
  if (const char* variable = std::getenv("MKTD_CONFIG"); variable != nullptr && *variable != '\0') {
    return whole_path(variable);
  }
  return config_of_data(data);
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
  if (std::string wrong = wrong_config_mode(file.string(), info.st_mode); !wrong.empty()) {
    return Error(ErrorCode::usage_error, std::move(wrong));
  }
  MKT_TRY(std::string text, read_file(file, kMostConfigBytes));
  return std::optional(std::move(text));
}

// The settings of the file alone.
Result<Configuration> daemons_settings(const fs::path& file) {
  std::array<std::string, 3> words{"mktd", "--config", file.string()};
  std::array<char*, 4> arguments{words[0].data(), words[1].data(), words[2].data(), nullptr};
  ParsedArguments parsed =
      parse_arguments(static_cast<int>(words.size()), arguments.data(), Variables::ignored);
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
  const TlsFiles tls = there.tls.value_or(TlsFiles());
  if (wishes.tls_certificate && whole_path(*wishes.tls_certificate) != tls.certificate) {
    return differs("tls-certificate", tls.certificate.string(), *wishes.tls_certificate);
  }
  if (wishes.tls_key && whole_path(*wishes.tls_key) != tls.key) {
    return differs("tls-key", tls.key.string(), *wishes.tls_key);
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

Status write_config(const SetUp& wanted, std::string text, bool is_new) {
  text = with_setting(std::move(text), "data", toml_text(wanted.data.string()));
  text = with_setting(std::move(text), "listen", fmt::format("[{}]", toml_text(wanted.listen[0])));
  if (wanted.tls) {
    text = with_setting(std::move(text), "tls-certificate",
                        toml_text(wanted.tls->certificate.string()));
    text = with_setting(std::move(text), "tls-key", toml_text(wanted.tls->key.string()));
  }
  if (!wanted.allowed_hosts.empty()) {
    text = with_setting(std::move(text), "allowed-hosts",
                        fmt::format("[{}]", toml_text(wanted.allowed_hosts.front())));
  }
  text = with_setting(std::move(text), "reads", toml_text(wanted.reads));

  // Whoever owns the folder decides where a link in it leads: no further than they may write.
  MKT_TRY(const ActingAsOwner owner, ActingAsOwner::of(folder_of(wanted.config)));
  std::error_code error;
  const fs::path file = is_new ? wanted.config : fs::canonical(wanted.config, error);
  if (error) {
    return system_error(fmt::format("cannot find {}", printable(wanted.config.string())),
                        error.value());
  }
  {
    // What root makes, the daemon's user must be able to enter.
    const mode_t before = ::umask(::geteuid() == 0 ? 022 : 077);
    const Status made = make_folders(folder_of(file), kConfigFolderMode);
    ::umask(before);
    MKT_CHECK(made);
  }
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

// Takes what a file of settings says; false where there is none, or one that sets nothing.
Result<bool> take_settings(const SetUpWishes& wishes, const std::optional<std::string>& text,
                           SetUp& now) {
  if (!text) return false;
  // Also of a file that sets nothing: a broken one is found here.
  MKT_TRY(const Configuration settings, daemons_settings(now.config));
  MKT_TRY(const auto lines, read_toml(*text, now.config.string()));
  if (lines.empty()) return false;
  if (!settings.database.empty()) {
    return Error(ErrorCode::usage_error, fmt::format("{} names a database that daemons share; run: "
                                                     "mktd init --database URL",
                                                     printable(now.config.string())));
  }
  now.data = whole_path(settings.data);
  now.reads = settings.reads;
  now.listen = settings.listen;
  now.allowed_hosts = settings.allowed_hosts;
  now.tls = settings.tls_files();
  MKT_CHECK(check_wishes(wishes, now));
  return true;
}

// A token that is lost belongs to a registry that is there.
Status require_registry(const SetUpWishes& wishes, const SetUp& now, bool has_config) {
  if (wishes.config && !has_config) {
    return Error(ErrorCode::not_found,
                 fmt::format("there is no {}; name the settings of the registry "
                             "that lost its token",
                             printable(now.config.string())));
  }
  std::error_code error;
  if (fs::exists(now.data / kDatabaseName, error)) return {};
  return Error(ErrorCode::not_found,
               fmt::format("there is no registry in {}; name its folder with --data",
                           printable(now.data.string())));
}

Status choose_settings(const SetUpWishes& wishes, const Ask& ask, SetUp& now) {
  if (!ask && !wishes.reads && !wishes.take_defaults) {
    return Error(ErrorCode::usage_error,
                 "who may read? nobody can be asked, as standard input is no terminal; say "
                 "--reads anyone or --reads token, or --yes for the defaults");
  }
  const Ask asked = wishes.take_defaults ? Ask() : ask;
  MKT_TRY(now.reads,
          choose(wishes.reads, "anyone", asked,
                 "Who may search, read and download: anyone, or token (who has one)", check_reads));
  MKT_TRY(const std::string listen,
          choose(wishes.listen, "127.0.0.1:3456", asked,
                 "Address to answer on, HOST:PORT, https://HOST:PORT or unix:PATH", check_address));
  now.listen = {listen};
  return choose_tls(wishes, asked, now);
}

}  // namespace

Result<SetUp> set_up(const SetUpWishes& wishes, const Ask& ask) {
  SetUp now;
  now.data = wishes.data ? whole_path(*wishes.data) : whole_path(default_data_folder());
  now.config = place_of_config(wishes, now.data);
  MKT_TRY(const auto text, read_config(now.config));
  MKT_TRY(const bool is_set, take_settings(wishes, text, now));
  const bool writes = !is_set && !wishes.new_admin_token;
  if (wishes.new_admin_token) MKT_CHECK(require_registry(wishes, now, text.has_value()));
  if (writes) MKT_CHECK(choose_settings(wishes, ask, now));
  choose_host(now, is_set);
  MKT_CHECK(prepare_data(now, wishes.new_admin_token));
  if (writes) {
    MKT_CHECK(write_config(now, text ? *text : default_settings_text(), !text));
    now.config_written = true;
  }
  return now;
}

}  // namespace mkt
