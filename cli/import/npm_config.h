// NpmConfig: the registry that npm would ask for a package, by npm's own settings
// (its documentation, "config" and "npmrc").
//
// mkt knows no registry of npm itself. The first of these that there is counts: the flag
// --npm-registry; for @SCOPE/NAME the line `@SCOPE:registry=URL` of ./.npmrc, then of ~/.npmrc;
// npm_config_registry or NPM_CONFIG_REGISTRY; the line `registry=URL` of the same files. npm lets
// no flag go before a scope's line; a flag of this one command does, as nobody gives it by mistake.
// `cafile` names whose certificates are trusted. Tokens are not read.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace mkt {

struct NpmConfig {
  std::string registry;  // without a '/' at the end
  std::string ca_file;   // PEM; empty for the system's
};

// What the settings are read from.
struct NpmSettings {
  std::string flag;
  std::function<std::string(const char*)> variable;  // empty where it is not set
  std::string project_file;                          // the text of ./.npmrc
  std::string user_file;                             // the text of ~/.npmrc
};

// The value of the last line `KEY=VALUE`; nullopt where there is none.
std::optional<std::string> npmrc_value(std::string_view text, std::string_view key);

// usage_error where no registry is named, with what to set, or where a URL is none that mkt asks:
// https, or http on this machine, without user and password.
Result<NpmConfig> choose_npm_config(const NpmSettings& settings, const std::string& scope);

// The process's own settings. NPM_CONFIG_USERCONFIG names another file than ~/.npmrc.
Result<NpmSettings> read_npm_settings(std::string flag);

// https, or http on this machine, without user and password.
bool is_safe_npm_url(std::string_view url);
// On this machine.
bool is_local_npm_url(std::string_view url);

}  // namespace mkt
