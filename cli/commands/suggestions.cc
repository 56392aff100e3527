#include "cli/commands/suggestions.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/client/registry_client.h"
#include "cli/client/tenant_client.h"
#include "cli/commands/command.h"
#include "common/base/edit_distance.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

// Longer than this nobody waits for a guess.
constexpr std::chrono::milliseconds kPatience{200};
constexpr unsigned kCandidates = 100;

// Of the command, its aliases, and those that stand before it.
std::vector<std::string> options_of(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* app = &command; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  return names;
}

std::vector<std::string> subcommands_of(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* sub : all_subcommands(command)) names.push_back(sub->get_name());
  return names;
}

bool takes_value(const CLI::App& command, const std::string& word) {
  for (const CLI::App* app = &command; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      if (option->check_name(word)) return option->get_items_expected_min() > 0;
    }
  }
  return false;
}

// Walks the words: calls `on_word` with each that is no option and names no subcommand, `on_option`
// with each option. Both get the command that was named up to there.
template <typename OnWord, typename OnOption>
const CLI::App& walk(const CLI::App& app, const std::vector<std::string>& words, OnWord on_word,
                     OnOption on_option) {
  const CLI::App* command = &app;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--") break;
    if (word.starts_with('-')) {
      on_option(*command, word.substr(0, word.find('=')));
      if (word.find('=') == std::string::npos && takes_value(*command, word)) ++i;
      continue;
    }
    if (const CLI::App* sub = subcommand_named(*command, word)) {
      command = sub;
    } else {
      on_word(*command, word);
    }
  }
  return *command;
}

std::optional<std::string> nearest_connector(RegistryClient& registry, const std::string& id) {
  // The registry finds words by their beginnings: the first letters lead to those that are near.
  std::vector<std::string> ids;
  for (const std::string& text :
       {id.substr(0, std::min<std::size_t>(3, id.size())), std::string()}) {
    SearchOptions options;
    options.text = text;
    options.page_size = kCandidates;
    const auto found = registry.search(options);
    if (!found) return std::nullopt;
    for (const wire::SearchHit& hit : found->connectors) {
      if (hit.id != id) ids.push_back(printable(hit.id));
    }
    if (auto near = nearest_word(id, ids)) return near;
  }
  return std::nullopt;
}

std::optional<std::string> nearest_version(RegistryClient& registry, const ConnectorId& id,
                                           const std::string& version) {
  const auto info = registry.connector(id);
  if (!info) return std::nullopt;
  std::vector<std::string> versions;
  for (const wire::VersionInfo& v : info->versions) versions.push_back(printable(v.version));
  if (auto near = nearest_word(version, versions)) return id.text() + "@" + *near;
  return id.text() + "@" + printable(info->latest_version);
}

std::optional<std::string> nearest_key(RegistryClient& registry, const std::string& key_id) {
  const auto listing = registry.keys_since(0);
  if (!listing) return std::nullopt;
  std::vector<std::string> ids;
  for (const wire::KeyInfo& key : listing->keys) ids.push_back(printable(key.key_id));
  return nearest_word(key_id, ids);
}

std::optional<std::string> nearest_request(RegistryClient& registry, const TenantId& tenant,
                                           const std::string& id) {
  const auto page = TenantClient(registry, tenant).requests({});
  if (!page) return std::nullopt;
  std::vector<std::string> ids;
  for (const auto& r : page->requests) ids.push_back(printable(r.id));
  return nearest_word(id, ids);
}

}  // namespace

std::vector<const CLI::App*> all_subcommands(const CLI::App& command) {
  auto all = command.get_subcommands([](const CLI::App*) { return true; });
  std::erase_if(all, [](const CLI::App* sub) { return sub->get_name().starts_with('_'); });
  return all;
}

const CLI::App* subcommand_named(const CLI::App& command, const std::string& word) {
  for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; })) {
    if (sub->check_name(word)) return sub;
  }
  return nullptr;
}

std::string full_name(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent == nullptr ? command.get_name() : full_name(*parent) + " " + command.get_name();
}

std::string usage_of(const CLI::App& command) {
  std::string usage = "usage: " + full_name(command);
  bool has_options = false, has_commands = !subcommands_of(command).empty();
  std::string arguments;
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) {
      const bool is_help = option->check_lname("help");
      if (option->get_required()) {
        usage += " --" + option->get_lnames().front() + " …";
      } else {
        has_options = has_options || !is_help;
      }
      continue;
    }
    const std::string name = option->get_name() + (option->get_expected_max() > 1 ? "…" : "");
    arguments += option->get_required() ? " " + name : " [" + name + "]";
  }
  if (has_options) usage += " [OPTIONS]";
  if (has_commands) usage += " COMMAND";
  return usage + arguments;
}

const CLI::App& command_of(const CLI::App& app, const std::vector<std::string>& words) {
  return walk(
      app, words, [](const auto&, const auto&) {}, [](const auto&, const auto&) {});
}

std::optional<std::string> meant_words(const CLI::App& app, const std::vector<std::string>& words) {
  std::optional<std::string> meant;
  walk(
      app, words,
      [&](const CLI::App& command, const std::string& word) {
        const auto names = subcommands_of(command);
        if (meant || names.empty()) return;
        if (const auto near = nearest_word(word, names)) {
          meant = fmt::format("did you mean `{} {}`?", full_name(command), *near);
        }
      },
      [&](const CLI::App& command, const std::string& option) {
        const auto names = options_of(command);
        if (meant || !option.starts_with("--")) return;
        if (std::find(names.begin(), names.end(), option) != names.end()) return;
        if (const auto near = nearest_word(option, names)) {
          meant = fmt::format("did you mean {}?", *near);
        }
      });
  return meant;
}

std::optional<std::string> meant_id(const Settings& given, const Error& error,
                                    const std::vector<std::string>& words) {
  Settings settings = given;
  settings.timeout = kPatience;
  settings.on_wait = {};
  settings.wait_for_limits = false;
  RegistryClient registry(settings);
  // The word that names it: the last one of that form.
  for (auto word = words.rbegin(); word != words.rend(); ++word) {
    std::optional<std::string> near;
    const auto spec = ConnectorSpec::parse(*word);
    if (error.code == ErrorCode::connector_not_found && spec) {
      near = nearest_connector(registry, spec->id.text());
    } else if (error.code == ErrorCode::version_not_found && spec && spec->version) {
      near = nearest_version(registry, spec->id, spec->version->text());
    } else if (error.code == ErrorCode::key_not_found && word->find(':') != std::string::npos) {
      near = nearest_key(registry, *word);
    } else if (error.code == ErrorCode::request_not_found && word->starts_with("req_") &&
               settings.tenant) {
      near = nearest_request(registry, *settings.tenant, *word);
    } else {
      continue;
    }
    if (near) return fmt::format("did you mean {}?", *near);
    return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace mkt
