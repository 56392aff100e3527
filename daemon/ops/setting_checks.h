// What a daemon refuses of its settings, before it opens anything.
//
// Each value by itself, which says the form that is wanted; and, when all are known, what belongs
// together. Whether the files, hosts and folders that are named can be used is seen later.
#pragma once

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/base/utf8.h"
#include "daemon/ops/configuration.h"

namespace mkt {

// An address to listen on: HOST:PORT with a valid port, https://HOST:PORT, or unix:PATH.
// usage_error.
Status check_address(const std::string& written);

// As CLI11 wants a check of a value: what is wrong with it, empty where it is right.
std::string wrong_host(const std::string& text);           // of allowed-hosts
std::string wrong_origin(const std::string& text);         // of allowed-origins
std::string wrong_lifetime(const std::string& text);       // of tokens; empty is right
std::string wrong_mcp_namespace(const std::string& text);  // with an id, a name in server.json
// Of numbers: digits alone, as CLI11 reads 010 and 0x8 as 8, and -1 as a large one.
template <typename T>
std::string wrong_number(const std::string& text) {
  T number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  const bool is_plain = error == std::errc() && stop == end && number >= 0 &&
                        (text.front() != '0' || text.size() == 1);
  if (is_plain) return {};
  return fmt::format("\"{}\" is no number of 0 to {}, in digits", printable(text),
                     std::numeric_limits<T>::max());
}

struct SettingProblem {
  std::string setting;  // the option that is to be changed; empty for the file as a whole
  Error error;          // usage_error
};

// Why a file with that mode is not to be trusted with the settings; empty where it is.
std::string wrong_config_mode(const std::string& file, unsigned mode);

// What is wrong with the settings taken together, for all that is to be mended at once. `file` is
// that of the settings, empty where there is none: it must not be writable by others, nor with
// secrets be readable by all.
std::vector<SettingProblem> check_settings(const Configuration& c, const std::string& file);

}  // namespace mkt
