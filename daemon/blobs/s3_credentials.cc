#include "daemon/blobs/s3_credentials.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "common/base/files.h"
#include "common/base/text.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

constexpr std::uint64_t kMaxCredentialsFile = 64 * 1024;

std::string s3_variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// They become parts of headers: printable ASCII without blanks.
bool is_header_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

Result<S3Credentials> complete(S3Credentials found, const std::string& where) {
  if (found.access_key.empty() || found.secret_key.empty()) {
    return Error(ErrorCode::usage_error,
                 fmt::format("{} has no complete credentials for S3: both an access key and a "
                             "secret key are needed",
                             where));
  }
  if (!is_header_text(found.access_key) || !is_header_text(found.secret_key) ||
      !is_header_text(found.session_token)) {
    return Error(ErrorCode::usage_error,
                 fmt::format("the credentials for S3 in {} contain blanks or other characters that "
                             "no key has",
                             where));
  }
  return found;
}

}  // namespace

Result<S3Credentials> S3Credentials::from_environment() {
  S3Credentials found{s3_variable("AWS_ACCESS_KEY_ID"), s3_variable("AWS_SECRET_ACCESS_KEY"),
                      s3_variable("AWS_SESSION_TOKEN")};
  if (!found.access_key.empty() || !found.secret_key.empty()) {
    return complete(std::move(found), "the environment");
  }
  const std::string file = s3_variable("AWS_SHARED_CREDENTIALS_FILE");
  if (file.empty()) {
    return Error(ErrorCode::usage_error,
                 "no credentials for S3: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
                 "AWS_SHARED_CREDENTIALS_FILE");
  }
  const std::string profile = s3_variable("AWS_PROFILE");
  return from_file(file, profile.empty() ? "default" : profile);
}

Result<S3Credentials> S3Credentials::from_file(const std::filesystem::path& file,
                                               std::string_view section) {
  const std::string shown = printable(file.string());
  struct stat info {};
  if (::stat(file.c_str(), &info) == 0 && (info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return Error(
        ErrorCode::usage_error,
        fmt::format("others may use {}, which holds credentials; run: chmod 600 {}", shown, shown));
  }
  MKT_TRY(const std::string content, read_file(file, kMaxCredentialsFile));
  S3Credentials found;
  bool in_section = false;
  for (std::string_view rest = content; !rest.empty();) {
    const std::string_view line = trim(rest.substr(0, rest.find('\n')));
    rest.remove_prefix(std::min(rest.size(), rest.find('\n') == std::string_view::npos
                                                 ? rest.size()
                                                 : rest.find('\n') + 1));
    if (line.starts_with('[') && line.ends_with(']')) {
      in_section = trim(line.substr(1, line.size() - 2)) == section;
      continue;
    }
    const std::size_t equals = line.find('=');
    if (!in_section || line.starts_with('#') || equals == std::string_view::npos) continue;
    const std::string_view name = trim(line.substr(0, equals));
    const std::string value(trim(line.substr(equals + 1)));
    if (name == "aws_access_key_id") found.access_key = value;
    if (name == "aws_secret_access_key") found.secret_key = value;
    if (name == "aws_session_token") found.session_token = value;
  }
  return complete(std::move(found), fmt::format("[{}] of {}", printable(section), shown));
}

}  // namespace mkt
