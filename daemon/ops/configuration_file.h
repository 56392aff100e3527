// ConfigurationFile: how CLI11 reads mktd.conf(5).
//
// TOML whose keys may be written with underscores or hyphens. It also takes the tables [[webhook]]
// and [[limit]], which have no options, and puts [limits] after the options that say the same on
// the command line.
//
// CLI11 accepts much that is not TOML. So toml.h reads the file, and anything that is not a setting
// is refused with its line.
#pragma once

#include <CLI/CLI.hpp>
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

  // "mktd.conf:3: " where the error message names a setting of the file, else empty.
  std::string place_of(std::string_view message) const;

 private:
  std::string file() const { return app_.get_config_ptr()->as<std::string>(); }
  // The name in error messages: an option, or the path of a setting without an option.
  static std::string option_of(const TomlSetting& setting);
  bool is_known(const TomlSetting& setting) const;
  void check(const std::string& text) const;
  void read_limit(const CLI::ConfigItem& item) const;
  void read_exception(const TomlSetting& setting, const CLI::ConfigItem& item) const;
  void read_webhook(const TomlSetting& setting, const CLI::ConfigItem& item) const;

  Configuration& c_;
  const CLI::App& app_;
  mutable std::vector<TomlSetting> settings_;  // CLI11's reader is const
};

}  // namespace mkt
