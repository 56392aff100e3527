#include "cli/client/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "cli/client/ssh_agent.h"
#include "common/base/duration.h"
#include "common/base/edit_distance.h"
#include "common/base/files.h"
#include "common/base/toml.h"
#include "common/base/url.h"
#include "common/base/user_folders.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

constexpr std::uint64_t kMaxConfigBytes = 64 * 1024;
constexpr std::uint64_t kMaxTokenBytes = 4096;
constexpr unsigned kMaxPort = 65'535;

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) {
    text.pop_back();
  }
  return text;
}

// One setting: where its value is looked for and how it is read.
struct SettingRow {
  std::string_view name;                      // in config.toml
  const char* variable;                       // of the environment, or null
  std::string SettingFlags::*flag = nullptr;  // of the command line
  const char* otherwise = "";                 // where nobody gave any
  // Puts `text`, which is not empty, into the settings. Null for the token, which is read once the
  // registry is known (take_token), and for the key, which only commands that sign read.
  Status (*read)(const SettingRow& row, const std::string& text, Settings& settings) = nullptr;
};

Status read_registry(const SettingRow&, const std::string& text, Settings& settings) {
  MKT_TRY(settings.registry, registry_origin(text));
  return {};
}

Status read_tenant(const SettingRow&, const std::string& text, Settings& settings) {
  MKT_TRY(settings.tenant, TenantId::parse(text));
  return {};
}

Status read_limit(const SettingRow& row, const std::string& text, std::uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size() && value > 0) return {};
  return Error(ErrorCode::usage_error,
               fmt::format("{} ({}) must be a number above 0", row.variable, row.name));
}

Status read_max_entries(const SettingRow& row, const std::string& text, Settings& settings) {
  return read_limit(row, text, settings.archive.entries);
}

Status read_max_unpacked_bytes(const SettingRow& row, const std::string& text, Settings& settings) {
  return read_limit(row, text, settings.archive.unpacked_bytes);
}

Status read_ca_file(const SettingRow& row, const std::string& text, Settings& settings) {
  if (const auto file = open_for_reading(text); !file) {
    return Error(ErrorCode::usage_error, file.error().message)
        .context(fmt::format("{} ({})", row.variable, row.name));
  }
  settings.ca_file = text;
  return {};
}

// "1GiB", "500 MiB", or bytes.
Status read_cache_size(const SettingRow& row, const std::string& text, Settings& settings) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string_view unit(end, text.data() + text.size());
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  constexpr std::pair<std::string_view, unsigned> kUnits[] = {
      {"", 0}, {"B", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}};
  for (const auto& [name, shift] : kUnits) {
    const bool fits = number <= std::numeric_limits<std::uint64_t>::max() >> shift;
    if (error != std::errc() || unit != name || !fits) continue;
    settings.cache_bytes = number << shift;
    return {};
  }
  return Error(ErrorCode::usage_error,
               fmt::format("{} ({}) must be a size, such as 500MiB or 2GiB, or 0 for no cache",
                           row.variable, row.name));
}

Status read_require_trusted(const SettingRow& row, const std::string& text, Settings& settings) {
  settings.require_trusted = text == "true" || text == "1";
  if (settings.require_trusted || text == "false" || text == "0") return {};
  return Error(ErrorCode::usage_error,
               fmt::format("{} ({}) must be true or false", row.variable, row.name));
}

constexpr auto kSettings = std::to_array<SettingRow>({
    {"registry", "MKT_REGISTRY", &SettingFlags::registry, kDefaultRegistry, read_registry},
    {"token", "MKT_TOKEN"},
    {"token_file", nullptr, &SettingFlags::token_file},
    {"tenant", "MKT_TENANT", &SettingFlags::tenant, "", read_tenant},
    {"key", "MKT_KEY"},
    {"max_entries", "MKT_MAX_ENTRIES", nullptr, "", read_max_entries},
    {"max_unpacked_bytes", "MKT_MAX_UNPACKED_BYTES", nullptr, "", read_max_unpacked_bytes},
    {"require_trusted", "MKT_REQUIRE_TRUSTED", nullptr, "", read_require_trusted},
    {"cache_size", "MKT_CACHE_SIZE", nullptr, "1GiB", read_cache_size},
    {"ca_file", "MKT_CA_FILE", nullptr, "", read_ca_file},
});

// Hyphens do as well as underscores, as in mktd.conf(5).
const SettingRow* find_row(std::string_view text) {
  std::string name(text);
  std::replace(name.begin(), name.end(), '-', '_');
  const auto row = std::find_if(kSettings.begin(), kSettings.end(),
                                [&](const SettingRow& each) { return each.name == name; });
  return row == kSettings.end() ? nullptr : &*row;
}

std::string unknown_setting(std::string_view name) {
  std::vector<std::string> names;
  for (const SettingRow& row : kSettings) names.emplace_back(row.name);
  const auto near = nearest_word(name, names);
  return fmt::format("{} is not a setting of mkt; {}the settings are {}", printable(name),
                     near ? fmt::format("did you mean {}? ", *near) : "", fmt::join(names, ", "));
}

using ConfigValues = std::map<std::string, std::string, std::less<>>;

// By name.
Result<ConfigValues> parse_config(std::string_view text) {
  ConfigValues values;
  const std::string file = config_file().string();
  MKT_TRY(const auto settings, read_toml(text, file));
  for (const TomlSetting& setting : settings) {
    const SettingRow* const row = find_row(setting.name);
    if (!setting.table.empty() || row == nullptr) {
      return toml_error(file, setting.line, unknown_setting(setting.path()));
    }
    if (setting.is_array) {
      return toml_error(file, setting.line, fmt::format("{} takes one value, no list", row->name));
    }
    values.emplace(row->name, setting.values.front());
  }
  return values;
}

// An absent file has none.
Result<ConfigValues> read_config() {
  const auto text = read_file(config_file(), kMaxConfigBytes);
  if (text) return parse_config(*text);
  if (text.error().code == ErrorCode::not_found) return ConfigValues();
  return text.error();
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

// What was given of each setting, at each place where it may be given.
class GivenSettings {
 public:
  static Result<GivenSettings> collect(const SettingFlags& flags) {
    MKT_CHECK(require_user_folders());
    MKT_TRY(auto config, read_config());
    return GivenSettings(flags, std::move(config));
  }

  // Empty where it was not given there.
  std::string at(SettingPlace place, const SettingRow& row) const {
    switch (place) {
      case SettingPlace::flag:
        return row.flag != nullptr ? flags_.*row.flag : "";
      case SettingPlace::environment:
        return row.variable != nullptr ? environment(row.variable) : "";
      case SettingPlace::config_file: {
        const auto value = config_.find(row.name);
        return value == config_.end() ? "" : value->second;
      }
      case SettingPlace::by_default:
        break;
    }
    return row.otherwise;
  }
  std::string at(SettingPlace place, std::string_view name) const {
    return at(place, *find_row(name));
  }

  // The value that counts: of the first place that has one.
  SettingSource winner(const SettingRow& row) const {
    for (const SettingPlace place :
         {SettingPlace::flag, SettingPlace::environment, SettingPlace::config_file}) {
      if (std::string value = at(place, row); !value.empty()) {
        return {row.name, std::move(value), place, row.variable};
      }
    }
    return {row.name, at(SettingPlace::by_default, row), SettingPlace::by_default, row.variable};
  }
  SettingSource winner(std::string_view name) const { return winner(*find_row(name)); }

 private:
  GivenSettings(const SettingFlags& flags, ConfigValues config)
      : flags_(flags), config_(std::move(config)) {}

  const SettingFlags& flags_;
  ConfigValues config_;
};

Result<std::string> read_token(const std::filesystem::path& file) {
  auto text = read_file(file, kMaxTokenBytes);
  if (!text) return text.error().context("reading the token");
  return trimmed(*text);
}

Status check_token(std::string_view token) {
  if (token.find_first_of("\r\n") != std::string_view::npos) {
    return Error(ErrorCode::usage_error, "the token must be one line");
  }
  if (!is_valid_utf8(token) || has_control_characters(token)) {
    return Error(ErrorCode::usage_error, "the token has control characters");
  }
  return {};
}

// `home` is the registry that stands beside the token; a token for another one is withheld.
Status use_token(std::string token, const char* name, const std::string& home, Settings& s) {
  MKT_TRY(const std::string origin, registry_origin(home));
  if (origin == s.registry) {
    s.token = std::move(token);
  } else {
    s.withheld = fmt::format("{} is for {} and was not sent to {}", name, origin, s.registry);
  }
  return {};
}

// The token or its file, whichever was given at the stronger place; at one place the token.
Status take_token(const GivenSettings& given, Settings& s) {
  const SettingSource token = given.winner("token");
  const SettingSource file = given.winner("token_file");
  const bool in_file = file.place < token.place;
  const auto home = [&](SettingPlace place, const std::string& otherwise) {
    const std::string registry = given.at(place, "registry");
    return registry.empty() ? otherwise : registry;
  };
  switch (in_file ? file.place : token.place) {
    case SettingPlace::flag: {  // --token-file, for the registry of this very command
      MKT_TRY(s.token, read_token(file.value));
      break;
    }
    case SettingPlace::environment:
      MKT_CHECK(
          use_token(token.value, "MKT_TOKEN", home(SettingPlace::environment, s.registry), s));
      break;
    case SettingPlace::config_file: {
      const std::string registry = home(SettingPlace::config_file, kDefaultRegistry);
      if (in_file) {
        MKT_TRY(std::string from_file, read_token(file.value));
        MKT_CHECK(use_token(std::move(from_file), "the token_file of config.toml", registry, s));
      } else {
        MKT_CHECK(use_token(token.value, "the token in config.toml", registry, s));
      }
      break;
    }
    case SettingPlace::by_default:
      break;
  }
  return s.token ? check_token(*s.token) : Status();
}

// On a machine that builds and tests, where nobody waits at a terminal.
bool is_in_ci() {
  const std::string ci = environment("CI");
  return !ci.empty() && ci != "false" && ci != "0";
}

}  // namespace

std::filesystem::path config_file() { return user_config_folder() / "config.toml"; }
std::filesystem::path keys_folder() { return user_config_folder() / "keys"; }

Result<std::string> registry_origin(std::string_view url) {
  if (url.find('@') != std::string_view::npos) {
    return Error(ErrorCode::usage_error,
                 fmt::format("a registry's URL takes no user and password; write {}, and log in "
                             "with mkt login",
                             printable(without_user_info(url).substr(0, 200))));
  }
  const Error wrong(ErrorCode::usage_error,
                    fmt::format("\"{}\" is not a registry's URL; write http://HOST:PORT or "
                                "https://HOST",
                                printable(url.substr(0, 200))));
  std::string text(url);
  while (text.ends_with('/')) text.pop_back();
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string::npos) return wrong;
  std::string scheme = text.substr(0, scheme_end);
  std::string rest = text.substr(scheme_end + 3);
  for (std::string* part : {&scheme, &rest}) {
    for (char& c : *part) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
  }
  const bool plain = std::all_of(rest.begin(), rest.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':' ||
           c == '[' || c == ']' || c == '_';
  });
  if ((scheme != "http" && scheme != "https") || rest.empty() || !plain) return wrong;
  // The host may be an address with colons, in brackets; the port follows the last colon.
  const std::size_t colon = rest.rfind(':');
  const std::size_t bracket = rest.rfind(']');
  if (colon != std::string::npos && (bracket == std::string::npos || colon > bracket)) {
    const std::string_view digits = std::string_view(rest).substr(colon + 1);
    unsigned port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc() || end != digits.data() + digits.size() || port == 0 ||
        port > kMaxPort) {
      return wrong;
    }
  }
  const std::string default_port = scheme == "http" ? ":80" : ":443";
  if (rest.ends_with(default_port)) rest.resize(rest.size() - default_port.size());
  return scheme + "://" + rest;
}

bool is_loopback(std::string_view origin) {
  const std::size_t scheme = origin.find("://");
  if (scheme == std::string_view::npos) return false;
  if (origin.substr(0, scheme) != "http" && origin.substr(0, scheme) != "https") return false;
  origin.remove_prefix(scheme + 3);
  for (const std::string_view host : {"127.0.0.1", "localhost", "[::1]"}) {
    if (origin == host || origin.starts_with(std::string(host) + ":")) return true;
  }
  return false;
}

Result<std::vector<SettingSource>> setting_sources(const SettingFlags& flags) {
  MKT_TRY(const auto given, GivenSettings::collect(flags));
  std::vector<SettingSource> all;
  for (const SettingRow& row : kSettings) all.push_back(given.winner(row));
  return all;
}

Result<std::string> setting_named(std::string_view name) {
  if (const SettingRow* row = find_row(name)) return std::string(row->name);
  return Error(ErrorCode::usage_error, unknown_setting(name));
}

namespace {

Status check_key_name(const std::string& value) {
  if (AgentKeyName::is_one(value)) {
    const auto name = AgentKeyName::parse(value);
    return name ? Status() : name.error();
  }
  const auto id = KeyId::parse(value);
  return id ? Status() : id.error();
}

}  // namespace

Status check_setting(std::string_view name, const std::string& value) {
  MKT_TRY(const std::string known, setting_named(name));
  if (value.empty()) {
    return Error(ErrorCode::usage_error,
                 fmt::format("{} needs a value; to remove it: mkt config unset {}", known, known));
  }
  const SettingRow& row = *find_row(known);
  Settings unused;
  if (row.read != nullptr) return row.read(row, value, unused);
  if (known == "token") return check_token(value);
  if (known == "key") return check_key_name(value);
  MKT_TRY(const std::string token, read_token(value));
  return check_token(token);
}

Status check_config_text(std::string_view text) {
  const auto parsed = parse_config(text);
  return parsed ? Status() : Status(parsed.error());
}

Result<Settings> Settings::load(const SettingFlags& flags) {
  MKT_TRY(const auto given, GivenSettings::collect(flags));
  Settings s;
  for (const SettingRow& row : kSettings) {
    const SettingSource winner = given.winner(row);
    if (row.read != nullptr && !winner.value.empty()) MKT_CHECK(row.read(row, winner.value, s));
  }
  MKT_CHECK(take_token(given, s));
  if (!flags.timeout.empty()) {
    MKT_TRY(s.timeout, parse_duration(flags.timeout));
  }
  s.wait_for_limits = flags.wait || is_in_ci();
  return s;
}

Settings Settings::at(const std::string& origin) const {
  Settings other = *this;
  other.registry = origin;
  other.token.reset();
  other.withheld.clear();
  return other;
}

}  // namespace mkt
