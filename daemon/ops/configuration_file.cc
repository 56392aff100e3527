#include "daemon/ops/configuration_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "common/base/utf8.h"
#include "daemon/ops/settings_text.h"

namespace mkt {

std::vector<CLI::ConfigItem> ConfigurationFile::from_config(std::istream& input) const {
  check(std::string{std::istreambuf_iterator<char>(input), {}});
  std::vector<CLI::ConfigItem> options;
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
      read_limit(item);
    } else {
      if (setting.table == "firestore") item.name = "firestore-" + item.name;
      options.push_back(std::move(item));
    }
  }
  return options;
}

std::string ConfigurationFile::place_of(std::string_view message) const {
  const TomlSetting* found = nullptr;
  for (const TomlSetting& setting : settings_) {
    const std::string path = option_of(setting);
    const bool named = message.find(path) != std::string_view::npos;
    if (named && (found == nullptr || path.size() > option_of(*found).size())) found = &setting;
  }
  return found == nullptr ? "" : fmt::format("{}:{}: ", file(), found->line);
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
  if (setting.table == "webhook") return is_one_of({"url", "secret", "events"});
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

void ConfigurationFile::read_limit(const CLI::ConfigItem& item) const {
  if (item.name == "on-redis-failure") {
    std::vector<std::string>& on_failure = c_.file_on_redis_failure;
    on_failure.insert(on_failure.end(), item.inputs.begin(), item.inputs.end());
  } else {
    for (const std::string& limit : item.inputs) c_.file_limit.push_back(item.name + "=" + limit);
  }
}

void ConfigurationFile::read_exception(const TomlSetting& setting,
                                       const CLI::ConfigItem& item) const {
  if (setting.is_heading()) {
    c_.exceptions.emplace_back();
    return;
  }
  if (c_.exceptions.empty()) {  // "limit.search = …" at the top
    throw CLI::ConversionError("limit." + item.name, "it belongs below [[limit]]");
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
    throw CLI::ConversionError("limit." + item.name, limit.error().message);
  }
}

void ConfigurationFile::read_webhook(const TomlSetting& setting,
                                     const CLI::ConfigItem& item) const {
  if (setting.is_heading()) {
    c_.webhooks.emplace_back();
  } else if (c_.webhooks.empty()) {
    throw CLI::ConversionError("webhook." + item.name, "it belongs below [[webhook]]");
  } else if (item.name == "events") {
    c_.webhooks.back().events = item.inputs;
  } else if (item.inputs.size() != 1) {
    throw CLI::ConversionError("webhook." + item.name, "it takes one text");
  } else if (item.name == "url") {
    c_.webhooks.back().url = item.inputs[0];
  } else {
    c_.webhooks.back().secret = item.inputs[0];
  }
}

}  // namespace mkt
