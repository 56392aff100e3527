// Settings: which registry, whose token, and for which tenant.
//
// Flags take precedence over the environment (MKT_REGISTRY, MKT_TOKEN, MKT_TENANT,
// MKT_REQUIRE_TRUSTED), and that over `$XDG_CONFIG_HOME/mkt/config.toml` (registry, token,
// token_file, tenant, require_trusted). MKT_KEY (key) names the key to sign with, which commands
// that sign ask for (setting_sources). MKT_MAX_ENTRIES and MKT_MAX_UNPACKED_BYTES (max_entries,
// max_unpacked_bytes) bound what may be unpacked, and MKT_CACHE_SIZE (cache_size) what the cache of
// tarballs may hold. MKT_CA_FILE (ca_file) names who signs the certificates of a team's registries.
//
// A token belongs to one origin. A token stored by `mkt login` is used only for exactly the origin
// it was given for (token_for). A token in config.toml belongs to the registry named there, and
// MKT_TOKEN to MKT_REGISTRY where that is set; both are withheld from any other registry.
// --token-file is for the registry of that one command.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/connector/archive_limits.h"
#include "common/connector/names.h"

namespace mkt {

// The values from the command line.
struct SettingFlags {
  std::string registry;
  std::string token_file;
  std::string tenant;
  std::string timeout;
  bool wait = false;
};

struct Settings {
  std::string registry;              // "http://127.0.0.1:3456": scheme, host and port, nothing more
  std::optional<std::string> token;  // from flag, environment or config.toml
  std::string withheld;              // why an existing token is not used, else empty
  std::optional<TenantId> tenant;
  std::chrono::milliseconds timeout{0};  // of each request; 0 for none
  ArchiveLimits archive;
  bool require_trusted = false;
  std::string ca_file;  // PEM, of the authorities that sign registries' certificates; or empty
  std::uint64_t cache_bytes = 0;  // most bytes in the cache of tarballs; 0 for no cache
  // Waits for a rate limit instead of failing: with --wait-for-limits, or in CI ($CI), where nobody
  // else would wait.
  bool wait_for_limits = false;
  // Called with a message for a person before it waits for the registry; may be empty.
  std::function<void(const std::string&)> on_wait;

  // usage_error for a malformed value, with the place it came from.
  static Result<Settings> load(const SettingFlags& flags);

  // The same for another registry, without any token.
  Settings at(const std::string& origin) const;
};

// Where a setting may be given, the strongest first.
enum class SettingPlace { flag, environment, config_file, by_default };

// One setting of the table in settings.cc, as it is and where that comes from.
struct SettingSource {
  std::string_view name;  // in config.toml
  std::string value;      // as it was written, empty for none; of `token` the secret itself
  SettingPlace place = SettingPlace::by_default;
  const char* variable = nullptr;  // that may give it in the environment
};

// Every setting, whether its value can be read or not. usage_error for a config.toml that is wrong.
Result<std::vector<SettingSource>> setting_sources(const SettingFlags& flags);

// The name of the setting in config.toml as mkt writes it; hyphens do as well as underscores, as in
// mktd.conf(5). usage_error, with all names, where there is no such setting.
Result<std::string> setting_named(std::string_view name);
// Whether a command could use this value. usage_error where it could not, or the error of reading
// the file that holds the token.
Status check_setting(std::string_view name, const std::string& value);
// Whether mkt could read this text as its config.toml: each line, not each value. usage_error with
// the line.
Status check_config_text(std::string_view text);

inline constexpr const char* kDefaultRegistry = "http://127.0.0.1:3456";

// Scheme, host and port in canonical form, which is what a token is bound to. usage_error
// otherwise.
Result<std::string> registry_origin(std::string_view url);

// True for 127.0.0.1, localhost and [::1], by http and by https.
bool is_loopback(std::string_view origin);

std::filesystem::path config_file();
std::filesystem::path keys_folder();

}  // namespace mkt
