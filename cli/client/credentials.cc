// Finding and keeping tokens; see credentials.h.
#include "cli/client/credentials.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>

#include "common/base/files.h"
#include "common/base/json.h"
#include "common/base/user_folders.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxCredentialsBytes = 1024 * 1024;
constexpr std::uint64_t kMaxSmallFileBytes = 8192;

fs::path credentials_file() { return user_config_folder() / "credentials.json"; }

Result<Json> read_credentials() {
  const auto text = read_file(credentials_file(), kMaxCredentialsBytes);
  if (!text) {
    if (text.error().code == ErrorCode::not_found) return Json::object();
    return text.error();
  }
  struct stat info {};
  if (::stat(credentials_file().c_str(), &info) == 0 && (info.st_mode & 077) != 0) {
    return Error(ErrorCode::usage_error,
                 fmt::format("{} may be read by others; make it yours alone: chmod 600 {}",
                             credentials_file().string(), credentials_file().string()));
  }
  MKT_TRY(Json json, parse_json(*text, credentials_file().string()));
  if (!json.is_object()) return Json::object();
  return json;
}

Status write_credentials(const Json& json) {
  MKT_CHECK(make_folders(user_config_folder(), 0700));
  return write_file_atomically(credentials_file(), dump_json_pretty(json), 0600);
}

// The first line of a file of this user's own that nobody else may write.
std::optional<std::string> own_line(const fs::path& file, bool secret) {
  struct stat info {};
  if (::lstat(file.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  if (info.st_uid != ::geteuid() || (info.st_mode & (secret ? 077U : 022U)) != 0) {
    return std::nullopt;
  }
  auto text = read_file(file, kMaxSmallFileBytes);
  if (!text) return std::nullopt;
  return text->substr(0, text->find('\n'));
}

bool is_locked(const fs::path& file) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  return fd && ::flock(fd.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

int port_of(const std::string& origin) {
  const std::size_t colon = origin.rfind(':');
  int port = 0;
  const char* begin = origin.data() + colon + 1;
  std::from_chars(begin, origin.data() + origin.size(), port);
  return port;
}

}  // namespace

Result<std::optional<std::string>> kept_token(const std::string& origin) {
  MKT_TRY(const Json json, read_credentials());
  return text_member(json, origin.c_str());
}

Status keep_token(const std::string& origin, const std::string& token) {
  MKT_TRY(Json json, read_credentials());
  json[origin] = token;
  return write_credentials(json);
}

Result<bool> forget_token(const std::string& origin) {
  MKT_TRY(Json json, read_credentials());
  if (json.erase(origin) == 0) return false;
  MKT_CHECK(write_credentials(json));
  return true;
}

std::optional<std::string> local_admin_token(const std::string& origin) {
  if (!is_loopback(origin)) return std::nullopt;
  const int port = port_of(origin);
  const auto folder = own_line(daemon_announcement(port), true);
  if (!folder) return std::nullopt;
  const fs::path data(*folder);
  const auto url = own_line(data / "mktd.url", false);
  if (!url || !is_loopback(*url) || port_of(*url) != port || !is_locked(data / "LOCK")) {
    return std::nullopt;
  }
  return own_line(data / "admin.token", true);
}

Result<std::optional<std::string>> token_for(const Settings& settings) {
  if (settings.token) return settings.token;
  MKT_TRY(auto kept, kept_token(settings.registry));
  if (kept) return kept;
  auto local = local_admin_token(settings.registry);
  if (!local && !settings.withheld.empty()) {
    return Error(
        ErrorCode::unauthorized,
        fmt::format("{}; log in there, or name its token with --token-file", settings.withheld));
  }
  return local;
}

}  // namespace mkt
