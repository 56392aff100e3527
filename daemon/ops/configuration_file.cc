#include "daemon/ops/configuration_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <map>

#include "common/base/utf8.h"
#include "daemon/ops/settings_text.h"

namespace mkt {
namespace {

// What CLI11 will take; empty for nothing.
std::string value_in_environment(const CLI::Option& option) {
  const std::string variable = option.get_envname();
  const char* const value = variable.empty() ? nullptr : std::getenv(variable.c_str());
  return value == nullptr ? "" : value;
}

}  // namespace

std::vector<CLI::ConfigItem> ConfigurationFile::from_config(std::istream& input) const {
  check(std::string{std::istreambuf_iterator<char>(input), {}});
  c_.file_settings = static_cast<std::size_t>(std::ranges::count_if(
      settings_, [](const TomlSetting& setting) { return !setting.is_heading(); }));
  std::vector<CLI::ConfigItem> options;
  std::map<std::string, int> here;  // lines by option: one name has several spellings
  for (const TomlSetting& setting : settings_) {
    CLI::ConfigItem item;
    item.name = setting.name;
    item.inputs = setting.values;
    std::replace(item.name.begin(), item.name.end(), '_', '-');
    if (setting.table == "webhook") {
      read_webhook(setting, item);
    } else if (setting.table == "limit") {
      read_exception(setting, item);
    } else if (setting.is_heading() || item.inputs.empty()) {
      continue;
    } else if (setting.table == "limits") {
      read_limit(setting, item);
    } else {
      if (setting.table == "firestore") item.name = "firestore-" + item.name;
      const auto [first, is_new] = here.emplace(item.name, setting.line);
      if (!is_new) {
        refuse(setting.line,
               fmt::format("{} is set in line {} already", printable(item.name), first->second));
      }
      if (!decides(setting)) continue;
      lines_.emplace("--" + item.name, setting.line);
      options.push_back(std::move(item));
    }
  }
  check_entries();
  return options;
}

std::string ConfigurationFile::place_of(std::string_view setting) const {
  const std::string name = fmt::format("--{}", setting);
  const CLI::Option* const option = app_.get_option_no_throw(name);
  if (option == nullptr) return "";
  if (const auto it = lines_.find(name); it != lines_.end()) {
    return fmt::format("{}:{}: ", printable(file()), it->second);
  }
  const std::string variable = value_in_environment(*option);
  const bool is_from_there = !variable.empty() && option->results() == std::vector{variable};
  return is_from_there ? option->get_envname() + ": " : "";
}

std::string ConfigurationFile::place_named_in(std::string_view message) const {
  constexpr std::string_view kOfNames = "abcdefghijklmnopqrstuvwxyz0123456789-";
  if (is_told(message)) return "";
  const std::size_t begin = message.find("--");
  if (begin == std::string_view::npos) return "";
  const std::string_view rest = message.substr(begin + 2);
  return place_of(rest.substr(0, std::min(rest.find_first_not_of(kOfNames), rest.size())));
}

bool ConfigurationFile::is_told(std::string_view message) const {
  const CLI::Option* const config = app_.get_config_ptr();
  return config->count() > 0 && message.starts_with(printable(file()) + ":");
}

bool ConfigurationFile::decides(const TomlSetting& setting) const {
  const CLI::Option* const option = app_.get_option_no_throw(option_of(setting));
  return option == nullptr || (option->count() == 0 && value_in_environment(*option).empty());
}

std::string ConfigurationFile::option_of(const TomlSetting& setting) {
  std::string path = setting.path();
  std::replace(path.begin(), path.end(), '_', '-');
  if (setting.table == "firestore") return "--firestore-" + path.substr(path.find('.') + 1);
  return setting.table.empty() ? "--" + path : path;
}

bool ConfigurationFile::is_known(const TomlSetting& setting) const {
  std::string name = setting.name;
  std::replace(name.begin(), name.end(), '_', '-');
  const auto is_one_of = [&name](std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (setting.is_heading()) {
    const bool is_list = setting.table == "webhook" || setting.table == "limit";
    const bool is_table = setting.table == "limits" || setting.table == "firestore";
    return setting.is_array ? is_list : is_table;
  }
  if (setting.table == "webhook") return is_one_of({"url", "secret", "events", "format"});
  if (setting.table == "limits") return name == "on-redis-failure" || parse_limit_scope(name);
  if (setting.table == "limit") {
    return is_one_of({"publisher", "tenant", "address"}) || parse_limit_scope(name);
  }
  if (!setting.table.empty() && setting.table != "firestore") return false;
  const CLI::Option* const option = app_.get_option_no_throw(option_of(setting));
  return option != nullptr && is_setting(*option);
}

void ConfigurationFile::check(const std::string& text) const {
  auto settings = read_toml(text, file());
  if (!settings) throw CLI::ConfigError(settings.error().message);
  for (const TomlSetting& setting : *settings) {
    if (is_known(setting)) continue;
    throw CLI::ConfigError(
        toml_error(file(), setting.line,
                   fmt::format("{} is not a setting of mktd", printable(setting.path())))
            .message);
  }
  settings_ = std::move(*settings);
}

void ConfigurationFile::refuse(int line, std::string_view what) const {
  throw CLI::ConfigError(toml_error(file(), line, what).message);
}

void ConfigurationFile::refuse(const TomlSetting& setting, std::size_t number,
                               std::string_view what) const {
  refuse(setting.line, fmt::format("[[{}]] {}: {}: {}", setting.table, number, setting.name, what));
}

void ConfigurationFile::read_limit(const TomlSetting& setting, const CLI::ConfigItem& item) const {
  const auto require = [&](const Status& right) {
    if (!right) refuse(setting.line, fmt::format("[limits]: {}", right.error().message));
  };
  for (const std::string& value : item.inputs) {
    if (item.name == "on-redis-failure") {
      require(LimitRules().set_on_redis_failure(value));
      c_.file_on_redis_failure.push_back(value);
    } else {
      require(LimitRules().set(item.name + "=" + value));
      c_.file_limit.push_back(item.name + "=" + value);
    }
  }
}

void ConfigurationFile::read_exception(const TomlSetting& setting,
                                       const CLI::ConfigItem& item) const {
  if (setting.is_heading()) {
    c_.exceptions.emplace_back();
    return;
  }
  if (c_.exceptions.empty()) {  // "limit.search = …" at the top
    refuse(setting.line, fmt::format("limit.{}: it belongs below [[limit]]", item.name));
  }
  const std::size_t number = c_.exceptions.size();
  if (setting.is_array) {
    refuse(setting, number, "it takes one value and no list; another [[limit]] may have another");
  }
  const std::string value = item.inputs.size() == 1 ? item.inputs[0] : std::string();
  LimitRules::Exception& exception = c_.exceptions.back();
  if (item.name == "publisher") {
    exception.publisher = value;
  } else if (item.name == "tenant") {
    exception.tenant = value;
  } else if (item.name == "address") {
    exception.address = value;
  } else if (const auto limit = parse_limit_assignment(item.name + "=" + value)) {
    exception.limits.insert(*limit);
  } else {
    refuse(setting, number, limit.error().message);
  }
}

void ConfigurationFile::read_webhook(const TomlSetting& setting,
                                     const CLI::ConfigItem& item) const {
  if (setting.is_heading()) {
    c_.webhooks.emplace_back();
    return;
  }
  if (c_.webhooks.empty()) {
    refuse(setting.line, fmt::format("webhook.{}: it belongs below [[webhook]]", item.name));
  }
  Webhook& webhook = c_.webhooks.back();
  if (item.name == "events") {
    webhook.events = item.inputs;
  } else if (setting.is_array || item.inputs.size() != 1) {
    refuse(setting, c_.webhooks.size(),
           "it takes one text and no list; another [[webhook]] may have another");
  } else if (item.name == "url") {
    webhook.url = item.inputs[0];
  } else if (item.name == "format") {
    webhook.format = item.inputs[0];
    // Where the file names events, they replace these.
    if (webhook.format == "mail" && webhook.events == Webhook().events) {
      webhook.events = {"version.*", "key.*", "owner.*"};
    }
  } else {
    webhook.secret = item.inputs[0];
  }
}

// What is wrong with an entry as a whole is told with the line of its heading. A URL may be a
// secret, so an entry has its number.
void ConfigurationFile::check_entries() const {
  std::map<std::string, std::size_t> names;
  std::size_t webhooks = 0;
  std::size_t exceptions = 0;
  for (const TomlSetting& setting : settings_) {
    if (!setting.is_heading()) continue;
    if (setting.table == "webhook") {
      const Webhook& webhook = c_.webhooks[webhooks++];
      const auto [same, is_new] = names.emplace(webhook.name(), webhooks);
      const Status right = webhook.check();
      if (!right)
        refuse(setting.line, fmt::format("[[webhook]] {}: {}", webhooks, right.error().message));
      if (!is_new) {
        refuse(setting.line,
               fmt::format("[[webhook]] {}: it has the url and the events of [[webhook]] {}",
                           webhooks, same->second));
      }
    } else if (setting.table == "limit") {
      const Status right = LimitRules().add(c_.exceptions[exceptions++]);
      if (!right)
        refuse(setting.line, fmt::format("[[limit]] {}: {}", exceptions, right.error().message));
    }
  }
}

}  // namespace mkt
