// mkt __complete: prints candidates for a shell, one a line, with a tab before what is said of
// each.
#include "cli/commands/complete.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cli/client/receipt.h"
#include "cli/client/registry_client.h"
#include "cli/client/tenant_client.h"
#include "cli/commands/help_topics.h"
#include "cli/commands/suggestions.h"
#include "common/base/shell_completion.h"
#include "common/base/utf8.h"
#include "common/connector/manifest.h"
#include "common/signing/key_file.h"
#include "common/wire/policy.h"
#include "common/wire/words.h"

namespace mkt {
namespace {

constexpr std::chrono::milliseconds kPatience{200};
constexpr unsigned kMaxCandidates = 100;
constexpr const char* kRoot = "connectors";

using Candidates = std::vector<Candidate>;

// Where the command line stands: the command, the option whose value is being typed, and how many
// arguments stand before.
struct Place {
  const CLI::App* command;
  const CLI::Option* value_of = nullptr;
  std::size_t arguments = 0;
};

Place place_of(const CLI::App& app, const std::vector<std::string>& words) {
  Place place{&app};
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string& word = words[i];
    if (place.value_of != nullptr) {
      place.value_of = nullptr;
    } else if (word.starts_with('-')) {
      const CLI::Option* option = option_named(*place.command, word);
      if (option != nullptr && option->get_items_expected_min() > 0) place.value_of = option;
    } else if (const CLI::App* sub = subcommand_named(*place.command, word)) {
      place.command = sub;
    } else {
      ++place.arguments;
    }
  }
  return place;
}

Candidates words_only(std::span<const std::string_view> words) {
  Candidates all;
  for (const std::string_view word : words) all.push_back({std::string(word), ""});
  return all;
}

std::optional<Settings> patient_settings(const Session& session) {
  auto settings = session.settings();
  if (!settings) return std::nullopt;
  settings->timeout = kPatience;
  settings->wait_for_limits = false;
  settings->on_wait = {};
  return std::move(*settings);
}

Candidates installed_connectors() {
  Candidates all;
  const auto installed = list_installed(kRoot);
  if (!installed) return all;
  for (const Installed& i : *installed) {
    all.push_back({printable(i.receipt.id), printable(i.receipt.version)});
  }
  return all;
}

Candidates versions_of(RegistryClient& registry, const std::string& id) {
  Candidates all;
  const auto connector = ConnectorId::parse(id);
  if (!connector) return all;
  const auto info = registry.connector(*connector);
  if (!info) return all;
  for (const wire::VersionInfo& v : info->versions) {
    all.push_back({id + "@" + printable(v.version), printable(v.published_at.substr(0, 10))});
  }
  return all;
}

Candidates connectors(const Session& session, const std::string& typed) {
  const auto settings = patient_settings(session);
  if (!settings) return installed_connectors();
  RegistryClient registry(*settings);
  if (const std::size_t at = typed.find('@'); at != std::string::npos) {
    return versions_of(registry, typed.substr(0, at));
  }
  SearchOptions options;
  options.text = typed;
  options.page_size = kMaxCandidates;
  const auto found = registry.search(options);
  if (!found) return installed_connectors();
  Candidates all;
  for (const wire::SearchHit& hit : found->connectors) {
    all.push_back({printable(hit.id), printable(hit.display_name)});
  }
  return all;
}

Candidates own_keys() {
  Candidates all;
  const auto keys = list_key_files(keys_folder());
  if (!keys) return all;
  for (const KeyFileInfo& key : *keys) all.push_back({key.key_id.text(), "on this machine"});
  return all;
}

Candidates all_keys(const Session& session) {
  Candidates all = own_keys();
  const auto settings = patient_settings(session);
  if (!settings) return all;
  const auto listing = RegistryClient(*settings).keys_since(0);
  if (!listing) return all;
  for (const wire::KeyInfo& key : listing->keys) {
    const std::string id = printable(key.key_id);
    const bool is_own =
        std::any_of(all.begin(), all.end(), [&](const Candidate& c) { return c.word == id; });
    if (!is_own) all.push_back({id, printable(key.status)});
  }
  return all;
}

Candidates pending_requests(const Session& session) {
  Candidates all;
  const auto settings = patient_settings(session);
  if (!settings || !settings->tenant) return all;
  RegistryClient registry(*settings);
  RequestListOptions options;
  options.status = "pending";
  const auto page = TenantClient(registry, *settings->tenant).requests(options);
  if (!page) return all;
  for (const auto& r : page->requests) {
    all.push_back({printable(r.id), printable(r.connector_id + "@" + r.version)});
  }
  return all;
}

constexpr auto kRequestStatuses =
    std::to_array<std::string_view>({"pending", "approved", "denied", "expired", "cancelled"});
constexpr auto kOrders =
    std::to_array<std::string_view>({"relevance", "downloads", "updated", "name"});
constexpr auto kShells = std::to_array<std::string_view>({"bash", "zsh", "fish"});

Candidates topics_and_commands(const CLI::App& app) {
  Candidates all;
  for (const HelpTopic& topic : help_topics()) {
    all.push_back({std::string(topic.name), std::string(topic.summary)});
  }
  for (const CLI::App* sub : all_subcommands(app)) {
    all.push_back({sub->get_name(), sub->get_description()});
  }
  return all;
}

Candidates policy_settings() {
  Candidates all;
  const Json settings = Policy().to_json();
  for (const auto& [name, value] : settings.items()) all.push_back({name + "=", ""});
  return all;
}

// The values of an option or an argument of that kind.
Candidates values_of(const CLI::App& app, const Session& session, const CLI::App& command,
                     const std::string& kind, const std::string& typed) {
  const std::string parent = command.get_parent() ? command.get_parent()->get_name() : "";
  if (kind == "FILE" || kind == "DIR" || kind == "SOURCE" || kind == "NOW") {
    return {{kCompleteFiles, ""}};
  }
  if (kind == "KEYID") return command.get_name() == "revoke" ? all_keys(session) : own_keys();
  if (kind == "ROLE") return words_only(wire::kRoles);
  if (kind == "CODE") return words_only(wire::kReasonCodes);
  if (kind == "STATUS") return words_only(kRequestStatuses);
  if (kind == "ORDER") return words_only(kOrders);
  if (kind == "SHELL") return words_only(kShells);
  if (kind == "CAPABILITY") return words_only(known_capabilities());
  if (kind == "SETTING=VALUE") return policy_settings();
  if (kind == "COMMAND") return topics_and_commands(app);
  if (kind.starts_with("ID") && parent == "request") return pending_requests(session);
  if (kind == "ID" && (command.get_name() == "uninstall" || command.get_name() == "update")) {
    return installed_connectors();
  }
  if (kind.starts_with("ID") || kind == "BEFORE") {
    Candidates all = connectors(session, typed);
    if (kind.find("FILE") != std::string::npos) all.push_back({kCompleteFiles, ""});
    return all;
  }
  return {};
}

Candidates options_of(const CLI::App& command) {
  Candidates all;
  for (const CLI::App* app = &command; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      for (const std::string& name : option->get_lnames()) {
        const bool is_known = std::any_of(
            all.begin(), all.end(), [&](const Candidate& c) { return c.word == "--" + name; });
        if (!is_known) all.push_back({"--" + name, option->get_description()});
      }
    }
  }
  return all;
}

// The argument that comes next; the last one may repeat.
const CLI::Option* argument_at(const CLI::App& command, std::size_t index) {
  const CLI::Option* last = nullptr;
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) continue;
    last = option;
    if (index-- == 0) return option;
  }
  return last != nullptr && last->get_expected_max() > 1 ? last : nullptr;
}

}  // namespace

Candidates complete_words(const CLI::App& app, const Session& session,
                          const std::vector<std::string>& words) {
  const std::string typed = words.empty() ? std::string() : words.back();
  const Place place = place_of(app, words);
  Candidates all;
  if (place.value_of != nullptr) {
    const std::string kind = place.value_of->get_type_name();
    all = values_of(app, session, *place.command, kind.substr(0, kind.find(':')), typed);
  } else if (typed.starts_with('-')) {
    all = options_of(*place.command);
  } else if (const auto subs = all_subcommands(*place.command); !subs.empty()) {
    for (const CLI::App* sub : subs) all.push_back({sub->get_name(), sub->get_description()});
  } else if (const CLI::Option* argument = argument_at(*place.command, place.arguments)) {
    all = values_of(app, session, *place.command, argument->get_name(), typed);
  }
  std::erase_if(all, [&](const Candidate& c) {
    return c.word != kCompleteFiles && !c.word.starts_with(typed);
  });
  return all;
}

void print_candidates(const CLI::App& app, const Session& session,
                      const std::vector<std::string>& words) {
  std::string text;
  for (const Candidate& c : complete_words(app, session, words)) {
    text += c.about.empty() ? c.word + "\n" : fmt::format("{}\t{}\n", c.word, c.about);
  }
  session.out.result({}, text);
}

}  // namespace mkt
