#include "cli/import/npm_config.h"

#include <fmt/format.h>

#include <cstdlib>

#include "cli/client/settings.h"
#include "common/base/files.h"
#include "common/base/text.h"
#include "common/base/url.h"
#include "common/base/user_folders.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

constexpr std::uint64_t kMaxNpmrcBytes = 1024 * 1024;
constexpr std::size_t kMaxNpmUrl = 1024;

// Scheme, host and port, as registry_origin has them; an error for what is no such URL.
Result<std::string> origin_of_npm(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return registry_origin(url);
  return registry_origin(url.substr(0, url.find_first_of("/?#", scheme + 3)));
}

Error not_asked(std::string_view url, const std::string& from, std::string_view why) {
  return Error(ErrorCode::usage_error,
               fmt::format("\"{}\" ({}) is not a registry of npm that mkt asks: {}",
                           printable(without_user_info(url).substr(0, 200)), from, why));
}

Result<std::string> checked_registry(std::string url, const std::string& from) {
  while (url.ends_with('/')) url.pop_back();
  if (url.find('@') != std::string::npos) {
    return not_asked(url, from, "it has a user or a password, and mkt sends none");
  }
  if (url.find("${") != std::string::npos) {
    return not_asked(url, from, "mkt does not fill in ${…}");
  }
  if (url.size() > kMaxNpmUrl || !is_valid_utf8(url) || has_control_characters(url) ||
      !is_http_url(url) || !origin_of_npm(url) || url.find_first_of("?#%") != std::string::npos) {
    return not_asked(url, from, "write https://HOST/PATH");
  }
  if (!is_safe_npm_url(url)) {
    return not_asked(url, from, "http is for this machine alone; write https");
  }
  return url;
}

std::string variable_of(const NpmSettings& settings, const char* lower, const char* upper) {
  const std::string value = settings.variable(lower);
  return value.empty() ? settings.variable(upper) : value;
}

// The first of the two files that has the key.
std::optional<std::string> in_files(const NpmSettings& settings, std::string_view key) {
  if (auto value = npmrc_value(settings.project_file, key)) return value;
  return npmrc_value(settings.user_file, key);
}

Result<std::string> registry_of(const NpmSettings& settings, const std::string& scope) {
  if (!settings.flag.empty()) return checked_registry(settings.flag, "--npm-registry");
  if (!scope.empty()) {
    const std::string key = fmt::format("@{}:registry", scope);
    if (const auto url = in_files(settings, key)) return checked_registry(*url, key + " of .npmrc");
  }
  const std::string set = variable_of(settings, "npm_config_registry", "NPM_CONFIG_REGISTRY");
  if (!set.empty()) return checked_registry(set, "npm_config_registry");
  if (const auto url = in_files(settings, "registry")) {
    return checked_registry(*url, "registry of .npmrc");
  }
  return Error(ErrorCode::usage_error,
               "which registry of npm? name it with --npm-registry URL, npm_config_registry, or a "
               "line registry=URL in .npmrc; npm config get registry says which one npm asks");
}

Result<std::string> npmrc_text(const std::filesystem::path& file) {
  auto text = read_file(file, kMaxNpmrcBytes);
  if (!text && text.error().code == ErrorCode::not_found) return std::string();
  return text;
}

}  // namespace

bool is_local_npm_url(std::string_view url) {
  const auto origin = origin_of_npm(url);
  return origin && is_loopback(*origin);
}

bool is_safe_npm_url(std::string_view url) {
  const auto origin = origin_of_npm(url);
  return origin && (origin->starts_with("https://") || is_loopback(*origin));
}

std::optional<std::string> npmrc_value(std::string_view text, std::string_view key) {
  std::optional<std::string> value;
  while (!text.empty()) {
    const std::string_view line = trim(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
    if (line.starts_with(';') || line.starts_with('#')) continue;
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || trim(line.substr(0, equals)) != key) continue;
    std::string_view given = trim(line.substr(equals + 1));
    const bool quoted = given.size() >= 2 && given.front() == given.back() &&
                        (given.front() == '"' || given.front() == '\'');
    if (quoted) given = given.substr(1, given.size() - 2);
    value = given;
  }
  return value;
}

Result<NpmConfig> choose_npm_config(const NpmSettings& settings, const std::string& scope) {
  NpmConfig config;
  MKT_TRY(config.registry, registry_of(settings, scope));
  config.ca_file = variable_of(settings, "npm_config_cafile", "NPM_CONFIG_CAFILE");
  if (config.ca_file.empty()) config.ca_file = in_files(settings, "cafile").value_or("");
  return config;
}

Result<NpmSettings> read_npm_settings(std::string flag) {
  NpmSettings settings;
  settings.flag = std::move(flag);
  settings.variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value != nullptr ? value : "");
  };
  MKT_TRY(settings.project_file, npmrc_text(".npmrc"));
  const std::string own = variable_of(settings, "npm_config_userconfig", "NPM_CONFIG_USERCONFIG");
  const std::filesystem::path home = home_folder();
  if (!own.empty()) {
    MKT_TRY(settings.user_file, npmrc_text(own));
  } else if (!home.empty()) {
    MKT_TRY(settings.user_file, npmrc_text(home / ".npmrc"));
  }
  return settings;
}

}  // namespace mkt
