#include "cli/client/credentials.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "common/base/files.h"
#include "common/base/json.h"
#include "common/base/user_folders.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxCredentialsBytes = 1024 * 1024;

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
                 fmt::format("{} may be read by others; make it private: chmod 600 {}",
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

Result<std::optional<std::string>> token_for(const Settings& settings,
                                             const std::optional<LocalDaemon>& local) {
  if (settings.token) return settings.token;
  MKT_TRY(auto kept, kept_token(settings.registry));
  if (kept) return kept;
  if (local && !local->admin_token.empty()) return std::optional(local->admin_token);
  if (settings.withheld.empty()) return std::optional<std::string>();
  return Error(
      ErrorCode::unauthorized,
      fmt::format("{}; log in there, or name its token with --token-file", settings.withheld));
}

}  // namespace mkt
