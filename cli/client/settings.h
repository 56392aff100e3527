// Settings: which registry, as whom, for which tenant.
//
// Flags win over the environment (MKT_REGISTRY, MKT_TOKEN, MKT_TENANT), which wins over
// `$XDG_CONFIG_HOME/mkt/config.toml` (registry, token, token_file, tenant). What may be unpacked is
// bounded by MKT_MAX_ENTRIES and MKT_MAX_UNPACKED_BYTES (max_entries, max_unpacked_bytes). A token that `mkt login`
// kept is used for exactly the origin it was given for; see token_for.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "common/base/result.h"
#include "common/connector/archive_limits.h"
#include "common/connector/names.h"

namespace mkt {

// What stood on the command line.
struct SettingFlags {
  std::string registry;
  std::string token_file;
  std::string tenant;
  std::string timeout;
};

struct Settings {
  std::string registry;  // "http://127.0.0.1:3456": scheme, host and port, nothing behind
  std::optional<std::string> token;  // from flag, environment or config.toml
  std::optional<TenantId> tenant;
  std::chrono::milliseconds timeout{0};  // of each request; 0 for none
  ArchiveLimits archive;

  // usage_error for a value that is not one, saying where it came from.
  static Result<Settings> load(const SettingFlags& flags);
};

inline constexpr const char* kDefaultRegistry = "http://127.0.0.1:3456";

// Scheme, host and port in one spelling: what a token is bound to. usage_error otherwise.
Result<std::string> registry_origin(std::string_view url);

// True for http://127.0.0.1, http://localhost and http://[::1].
bool is_loopback(std::string_view origin);

// "500ms", "30s", "10m", "2h", or plain seconds.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

std::filesystem::path config_file();
std::filesystem::path keys_folder();

}  // namespace mkt
