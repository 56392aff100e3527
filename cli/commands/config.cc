// mkt config: shows and changes the settings of config.toml, and where each value comes from.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "cli/client/config_file.h"
#include "cli/commands/command.h"
#include "cli/terminal/prompt.h"
#include "cli/terminal/value_input.h"
#include "common/base/files.h"
#include "common/base/text.h"
#include "common/base/url.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kToken = "token";

// "MKT_REGISTRY", "config.toml": where the value was given.
std::string place_of(const SettingSource& source) {
  switch (source.place) {
    case SettingPlace::flag: {
      std::string option = "--" + std::string(source.name);
      std::replace(option.begin(), option.end(), '_', '-');
      return option;
    }
    case SettingPlace::environment:
      return source.variable;
    case SettingPlace::config_file:
      return "config.toml";
    case SettingPlace::by_default:
      break;
  }
  return source.value.empty() ? "" : "default";
}

std::string_view place_name(SettingPlace place) {
  switch (place) {
    case SettingPlace::flag:
      return "option";
    case SettingPlace::environment:
      return "environment";
    case SettingPlace::config_file:
      return "config.toml";
    case SettingPlace::by_default:
      break;
  }
  return "default";
}

// A registry's URL that has a password cannot be used, but it may stand there.
std::string value_without_password(const SettingSource& source) {
  return source.name == "registry" ? without_user_info(source.value) : source.value;
}

// A token is never shown.
std::string shown(const SettingSource& source) {
  if (source.name == kToken && !source.value.empty()) return "set";
  return printable(value_without_password(source));
}

Json describe(const SettingSource& source) {
  const bool is_set = !source.value.empty();
  Json one{{"name", source.name}, {"set", is_set}, {"value", Json()}};
  if (is_set && source.name != kToken) one["value"] = value_without_password(source);
  one["from"] = place_name(source.place);
  one["variable"] = source.variable != nullptr ? Json(source.variable) : Json();
  return one;
}

Status list_settings(const Session& session) {
  MKT_TRY(const auto sources, setting_sources(session.flags));
  Json all = Json::array();
  Table table({{"NAME"}, {"VALUE", Column::Fit::cut_middle}, {"FROM"}});
  for (const SettingSource& source : sources) {
    all.push_back(describe(source));
    const bool is_default = source.place == SettingPlace::by_default;
    table.add({std::string(source.name),
               Cell(shown(source), is_default ? Tone::faint : Tone::plain), place_of(source)});
  }
  session.out.result({{"file", config_file().string()}, {"settings", all}}, table);
  return {};
}

Result<SettingSource> source_of(const Session& session, const std::string& name) {
  MKT_TRY(auto sources, setting_sources(session.flags));
  for (SettingSource& source : sources) {
    if (source.name == name) return std::move(source);
  }
  return Error(ErrorCode::internal_error, name + " has no source");
}

Status get_setting(const Session& session, const std::string& typed) {
  MKT_TRY(const std::string name, setting_named(typed));
  MKT_TRY(const SettingSource source, source_of(session, name));
  if (source.value.empty()) {
    return Error(ErrorCode::not_found,
                 fmt::format("{} is not set; set it with: mkt config set {} VALUE", name, name));
  }
  session.out.result(describe(source), shown(source));
  return {};
}

// The value of `set`: from the command line, else from the terminal or standard input, where other
// users of this machine cannot read it.
Result<std::string> value_for(const std::string& name, const std::optional<std::string>& given) {
  if (given && name == kToken) {
    return Error(ErrorCode::usage_error,
                 "every user of this machine can read a token on the command line; log in with mkt "
                 "login, or write it to standard input: mkt config set token <FILE");
  }
  if (given) return *given;
  if (::isatty(STDIN_FILENO) == 1) {
    const auto typed =
        name == kToken ? ask_secret("Token: ") : ask_line(fmt::format("Value of {}: ", name));
    return std::string(trim(typed.value_or("")));
  }
  return read_value_input("the value of " + name, ValueEnd::at_end_of_input);
}

// The one to write: a file keeps its meaning in every folder, a registry its one spelling.
Result<std::string> written_form(const std::string& name, std::string value) {
  MKT_CHECK(check_setting(name, value));
  if (name == "registry") return registry_origin(value);
  if (name != "token_file") return value;
  std::error_code error;
  const fs::path whole = fs::absolute(value, error);
  return error ? value : whole.lexically_normal().string();
}

Status set_setting(const Session& session, const std::string& typed,
                   const std::optional<std::string>& given) {
  MKT_TRY(const std::string name, setting_named(typed));
  MKT_TRY(std::string value, value_for(name, given));
  MKT_TRY(value, written_form(name, std::move(value)));
  MKT_CHECK(set_in_config(name, value));
  const SettingSource here{name, value, SettingPlace::config_file};
  session.out.result(
      {{"file", config_file().string()}, {"setting", describe(here)}},
      fmt::format("{} is {} in {}", name, shown(here), printable(config_file().string())));
  MKT_TRY(const SettingSource now, source_of(session, name));
  if (now.place != SettingPlace::config_file) {
    session.out.warn(
        fmt::format("{} gives another value, which counts before config.toml", place_of(now)));
  }
  return {};
}

Status unset_setting(const Session& session, const std::string& typed) {
  MKT_TRY(const std::string name, setting_named(typed));
  MKT_TRY(const bool was_set, unset_in_config(name));
  session.out.result({{"file", config_file().string()}, {"name", name}, {"removed", was_set}},
                     fmt::format("{} {} in {}", name, was_set ? "is no longer set" : "was not set",
                                 printable(config_file().string())));
  return {};
}

Status show_path(const Session& session) {
  std::error_code error;
  const std::string file = config_file().string();
  session.out.result({{"file", file}, {"exists", fs::exists(file, error)}}, printable(file));
  return {};
}

}  // namespace

void add_config_command(CLI::App& command, Session& session) {
  command.require_subcommand(1);
  struct Arguments {
    std::string name;
    std::optional<std::string> value;
  };
  auto a = std::make_shared<Arguments>();

  CLI::App* sub = add_subcommand(command, "list", "Show every setting and where it comes from",
                                 "  mkt config list\n  mkt config list --json");
  on_run(sub, session, [&session] { return list_settings(session); });

  sub = add_subcommand(command, "get", "Show the value that counts", "  mkt config get registry");
  sub->add_option("NAME", a->name, "The setting")->required();
  on_run(sub, session, [&session, a] { return get_setting(session, a->name); });

  sub = add_subcommand(command, "set", "Write a setting into config.toml",
                       "  mkt config set registry https://connectors.acme.example\n"
                       "  mkt config set token <token.txt");
  sub->add_option("NAME", a->name, "The setting")->required();
  sub->add_option("VALUE", a->value, "Its value (default: from standard input)");
  on_run(sub, session, [&session, a] { return set_setting(session, a->name, a->value); });

  sub = add_subcommand(command, "unset", "Remove a setting from config.toml",
                       "  mkt config unset tenant");
  sub->add_option("NAME", a->name, "The setting")->required();
  on_run(sub, session, [&session, a] { return unset_setting(session, a->name); });

  sub =
      add_subcommand(command, "path", "Show where config.toml is", "  $EDITOR $(mkt config path)");
  on_run(sub, session, [&session] { return show_path(session); });
}

}  // namespace mkt
