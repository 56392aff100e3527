// ConfigurationFile: how CLI11 reads mktd.conf(5).
//
// TOML whose keys may be written with underscores or hyphens. It also takes the tables [[webhook]]
// and [[limit]], which have no options, and puts [limits] after the options that say the same on
// the command line.
//
// CLI11 accepts much that is not TOML. So toml.h reads the file, and anything that is not a setting
// is refused with its line. CLI11 also prefers the file to the environment; here it is the other
// way round, as users expect.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/toml.h"
#include "daemon/ops/configuration.h"

namespace mkt {

class ConfigurationFile : public CLI::ConfigTOML {
 public:
  // Both must outlive the object. What has no option goes to the configuration itself.
  ConfigurationFile(Configuration& configuration, const CLI::App& app)
      : c_(configuration), app_(app) {}

  // Throws CLI11's errors, as CLI11 wants it of a reader.
  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override;

  // Where the value of a setting, such as "listen", is from: "mktd.conf:3: ", or "MKTD_LISTEN: "
  // for the environment. Empty for the command line and for defaults. After parsing.
  std::string place_of(std::string_view setting) const;
  // The same of the setting that an error message of CLI11 is about; empty where the message begins
  // with a place of the file.
  std::string place_named_in(std::string_view message) const;
  // Whether a message begins with a place in the file.
  bool is_told(std::string_view message) const;

 private:
  std::string file() const {
    const auto& named = app_.get_config_ptr()->results();
    return named.empty() ? std::string() : named.back();
  }
  // "--listen", or the path of a setting without an option.
  static std::string option_of(const TomlSetting& setting);
  bool is_known(const TomlSetting& setting) const;
  // True unless the command line or the environment, which come first, has a value for it.
  bool decides(const TomlSetting& setting) const;
  void check(const std::string& text) const;
  void read_limit(const TomlSetting& setting, const CLI::ConfigItem& item) const;
  void read_exception(const TomlSetting& setting, const CLI::ConfigItem& item) const;
  void read_webhook(const TomlSetting& setting, const CLI::ConfigItem& item) const;
  void check_entries() const;
  [[noreturn]] void refuse(int line, std::string_view what) const;
  // A setting of an entry of a list; `number` is the entry's, from 1 on.
  [[noreturn]] void refuse(const TomlSetting& setting, std::size_t number,
                           std::string_view what) const;

  Configuration& c_;
  const CLI::App& app_;
  // CLI11's reader is const.
  mutable std::vector<TomlSetting> settings_;
  mutable std::map<std::string, int> lines_;  // of the settings that this file decides, by option
};

}  // namespace mkt
