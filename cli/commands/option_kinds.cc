#include "cli/commands/option_kinds.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace mkt {
namespace {

constexpr auto kKinds = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"registry", "URL"},
    {"npm-registry", "URL"},
    {"token-file", "FILE"},
    {"tenant", "TENANT"},
    {"timeout", "TIME"},
    {"format", "TEMPLATE"},
    {"jq", "EXPRESSION"},
    {"key", "KEYID"},
    {"public-key", "FILE"},
    {"publisher", "PUBLISHER"},
    {"subject", "SUBJECT"},
    {"root", "DIR"},
    {"dir", "DIR"},
    {"output", "FILE"},
    {"signature", "FILE"},
    {"expires", "TIME"},
    {"since", "TIME"},
    {"compromised-since", "TIME"},
    {"role", "ROLE"},
    {"status", "STATUS"},
    {"connector", "ID"},
    {"capability", "CAPABILITY"},
    {"sort", "ORDER"},
    {"page", "N"},
    {"page-size", "N"},
    {"limit", "N"},
    {"reason-code", "CODE"},
    {"to", "KEYID"},
    {"endorse-with", "KEYID"},
    {"email", "EMAIL"},
    {"id", "ID"},
    {"file", "FILE"},
    {"countersign", "ID@VERSION"},
    {"key-id", "KEYID"},
});

}  // namespace

void name_kinds(CLI::App& command) {
  for (CLI::Option* option : command.get_options()) {
    if (option->get_items_expected_max() == 0) continue;  // a flag
    if (option->get_positional()) {
      if (option->get_type_name() == "TEXT") option->type_name("");
      continue;
    }
    for (const auto& [name, kind] : kKinds) {
      if (option->check_lname(std::string(name)) && option->get_type_name().starts_with("TEXT")) {
        option->type_name(std::string(kind));
      }
    }
  }
  for (CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; })) {
    name_kinds(*sub);
  }
}

}  // namespace mkt
