#include "daemon/ops/settings_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>

#include "daemon/limits/limit_rules.h"
#include "daemon/ops/configuration.h"

namespace mkt {
namespace {

constexpr auto kNoSettings =
    std::to_array<std::string_view>({"config", "check-config", "print-config", "help", "version"});
// These have the table [limits], which is easier to read.
constexpr auto kInLimits = std::to_array<std::string_view>({"limit", "on-redis-failure"});

constexpr std::string_view kSettingsHead =
    "# Settings of mktd, see mktd.conf(5). A line \"#name = value\" shows a default: remove its "
    "\"#\"\n"
    "# to set another value. What is wrong here is told by: mktd --config FILE --check-config\n";

constexpr std::string_view kTablesWithoutDefaults =
    "\n# Each [[webhook]] has url, secret and events, each [[limit]] is an exception for a\n"
    "# publisher, a tenant or an address; see mktd.conf(5).\n";

template <std::size_t N>
bool is_one_of(const CLI::Option& option, const std::array<std::string_view, N>& names) {
  const auto& own = option.get_lnames();
  return !own.empty() && std::find(names.begin(), names.end(), own.front()) != names.end();
}

bool is_flag(const CLI::Option& option) { return option.get_items_expected_max() == 0; }
bool is_list(const CLI::Option& option) { return option.get_items_expected_max() > 1; }
bool is_text(const CLI::Option& option) { return option.get_type_name().starts_with("TEXT"); }

std::string toml_value(const CLI::Option& option) {
  std::vector<std::string> values = values_of(option);
  if (is_flag(option)) return CLI::detail::to_flag_value(values.front()) > 0 ? "true" : "false";
  if (is_text(option)) std::transform(values.begin(), values.end(), values.begin(), toml_text);
  return is_list(option) ? fmt::format("[{}]", fmt::join(values, ", ")) : values.front();
}

std::string default_limits() {
  std::string text =
      "\n# How many requests a client may make, \"NUMBER/TIME\" or \"off\"\n#[limits]\n";
  const LimitRules rules = LimitRules::defaults();
  for (const LimitScope scope : kLimitScopes) {
    const auto limit = rules.limit_of(scope, "", "");
    text += fmt::format("#{} = \"{}\"\n", limit_scope_word(scope), limit ? limit->text() : "off");
  }
  return text + "#on-redis-failure = \"memory\"\n";
}

}  // namespace

bool is_setting(const CLI::Option& option) {
  return !option.get_lnames().empty() && !is_one_of(option, kNoSettings);
}

std::string toml_text(std::string_view text) {
  std::string toml = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      toml += {'\\', c};
    } else if (byte < 0x20 || byte == 0x7f) {
      toml += fmt::format("\\u{:04X}", byte);
    } else {
      toml += c;
    }
  }
  return toml + '"';
}

std::vector<std::string> values_of(const CLI::Option& option) {
  if (option.count() > 0) return option.results();
  std::string text = option.get_default_str();
  if (is_flag(option) && text.empty()) text = "false";
  if (!is_list(option)) return {text};
  // CLI11 shows the default of a list as "[a,b]".
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  std::vector<std::string> elements;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    elements.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return elements;
}

std::string settings_line(const CLI::Option& option) {
  return fmt::format("{} = {}", option.get_lnames().front(), toml_value(option));
}

std::string settings_text(const CLI::App& app) {
  std::string text(kSettingsHead);
  for (const CLI::Option* option : app.get_options()) {
    if (!is_setting(*option)) continue;
    const bool is_given = option->count() > 0;
    if (is_one_of(*option, kInLimits) && !is_given) continue;
    text += fmt::format("\n# {}\n{}{}\n", option->get_description(), is_given ? "" : "#",
                        settings_line(*option));
  }
  return text + default_limits() + std::string(kTablesWithoutDefaults);
}

std::string default_settings_text() {
  CLI::App app;
  Configuration configuration = default_configuration();
  add_options(app, configuration);
  for (CLI::Option* option : app.get_options()) option->envname("");
  return settings_text(app);
}

std::string with_setting(std::string text, std::string_view name, std::string_view value) {
  const std::string line = fmt::format("{} = {}\n", name, value);
  const std::string comment = fmt::format("\n#{} = ", name);
  const std::size_t begin = text.find(comment);
  if (begin == std::string::npos) {
    if (!text.empty() && text.back() != '\n') text += '\n';
    return text + line;
  }
  const std::size_t end = text.find('\n', begin + 1);
  return text.replace(begin + 1, end == std::string::npos ? end : end - begin, line);
}

}  // namespace mkt
