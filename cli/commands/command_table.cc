#include "cli/commands/command_table.h"

#include <fmt/format.h>

#include <array>
#include <string>

#include "cli/commands/help_topics.h"

namespace mkt {
namespace {

constexpr auto kCommands = std::to_array<CommandEntry>({
    {"init", "Start", "Start a connector",
     "  mkt init\n  mkt init my-connector --id acme-tickets\n"
     "  mkt init my-server --template mcp",
     "8 11", "", add_init_command},
    {"import", "Start", "Make a connector of a package of npm, an MCP bundle or an extension",
     "  mkt import npm:@acme/tickets\n"
     "  mkt import npm:@acme/tickets@^1.4 my-tickets --id tickets\n"
     "  mkt import tickets.mcpb\n  mkt import tickets-1.4.0.tgz",
     "3 4 6 7 8 9 11", "", add_import_command},
    {"pack", "Publish", "Make the tarball of a connector",
     "  mkt pack\n  mkt pack --list\n  mkt pack ./my-connector -o /tmp/my-connector.tgz\n"
     "  mkt pack -o - | tar -tzv",
     "3 4 11", "", add_pack_command},
    {"sign", "Publish", "Sign a tarball; writes FILE.sig.json",
     "  mkt sign hello-connector-1.0.0.tgz\n"
     "  mkt sign FILE --key acme:0123456789abcdef\n"
     "  mkt sign --countersign hello-connector@1.0.0 FILE",
     "3 4 7 11", "", add_sign_command},
    {"verify", "Publish", "Check a tarball's signature, or an installed connector",
     "  mkt verify hello-connector-1.0.0.tgz\n"
     "  mkt verify FILE --signature FILE.sig.json --public-key acme.pem\n"
     "  mkt verify connectors/hello-connector",
     "3 4 7 10 11 12", "", add_verify_command},
    {"publish", "Publish", "Pack, sign and upload a connector",
     "  mkt publish\n  mkt publish ./my-connector --dry-run\n"
     "  mkt publish my-connector-1.0.0.tgz --key "
     "acme:0123456789abcdef",
     "3 4 7 8 9 11", "", add_publish_command},
    {"deprecate", "Publish", "Advise against a version",
     "  mkt deprecate hello-connector@1.0.0 --reason 'loses data; use 1.0.1'\n"
     "  mkt deprecate hello-connector@1.0.0 --undo",
     "3 4 7 9", "", add_deprecate_command},
    {"withdraw", "Publish", "Take a version back for ever",
     "  mkt withdraw hello-connector@1.0.0 --reason-code mistake --reason 'was not ready' "
     "--dry-run\n"
     "  mkt withdraw hello-connector@1.0.0 --reason-code security --reason 'sends tokens away' "
     "--yes",
     "3 4 7", "", add_withdraw_command},
    {"visibility", "Publish", "Show and change who sees a connector",
     "  mkt visibility hello-connector\n"
     "  mkt visibility hello-connector tenants:acme,beta\n"
     "  mkt visibility hello-connector everyone",
     "3 4 7", "", add_visibility_command},
    {"search", "Install", "Find connectors",
     "  mkt search slack\n  mkt search --capability messaging\n"
     "  mkt search '' --sort downloads --json",
     "7 9", "", add_search_command},
    {"info", "Install", "Show a connector or one version of it",
     "  mkt info hello-connector\n  mkt info "
     "hello-connector@1.0.0 --json",
     "3 4 7 9 10 12", "", add_info_command},
    {"diff", "Install", "Show how two versions differ, or a version and a folder",
     "  mkt diff hello-connector@1.0.0\n  mkt diff hello-connector@1.0.0 hello-connector@1.1.0\n"
     "  mkt diff hello-connector@1.1.0 . --summary",
     "3 4 7 9 10 11 12", "", add_diff_command},
    {"download", "Install", "Fetch a tarball and its signature, and check them",
     "  mkt download hello-connector\n  mkt download hello-connector@1.0.0 -o "
     "/tmp/hello.tgz\n  mkt download hello-connector -o - | tar tz",
     "3 4 7 9 10 11 12", "", add_download_command},
    {"install", "Install", "Install connectors with what they depend on, after checking them",
     "  mkt install hello-connector\n  mkt install hello-connector@1.0.0 --dir "
     "/opt/hello\n  mkt install slack jira --root /opt/connectors\n"
     "  mkt --tenant team install slack --wait 10m\n  mkt install --frozen\n"
     "  mkt install ./hello-connector-1.0.0.tgz --offline",
     "3 4 5 6 7 8 9 10 11 12", "i", add_install_command},
    {"list", "Install", "Show what is installed here",
     "  mkt list\n  mkt list --root /opt/connectors --json", "7 10 11", "ls", add_list_command},
    {"audit", "Install", "Check what is installed against today's revocations and policy",
     "  mkt audit\n  mkt audit --root /opt/connectors --offline --json", "4 7 10 11 12", "",
     add_audit_command},
    {"outdated", "Install", "Show what has a newer version",
     "  mkt outdated\n  mkt outdated --root /opt/connectors\n  mkt outdated --exit-code",
     "1 3 7 9 10", "", add_outdated_command},
    {"update", "Install", "Install the newest version of what is here",
     "  mkt update\n  mkt update slack\n"
     "  mkt --tenant team update slack --wait 10m",
     "3 4 5 6 7 8 9 10 11 12", "up", add_update_command},
    {"hold", "Install", "Keep connectors back from updates",
     "  mkt hold slack\n  mkt hold slack@1.x\n  mkt hold slack --undo\n  mkt hold", "3 10 11", "",
     add_hold_command},
    {"uninstall", "Install", "Remove an installed connector",
     "  mkt uninstall hello-connector\n  mkt uninstall slack --root /opt/connectors", "3 4 7 10 11",
     "rm", add_uninstall_command},
    {"cache", "Install", "Show, shrink and check the cache of tarballs",
     "  mkt cache show\n  mkt cache prune --all\n  mkt cache verify", "10 11", "",
     add_cache_command},
    {"key", "Trust", "Make, register, replace and revoke the keys that sign",
     "  mkt key generate --publisher acme\n  mkt key list\n"
     "  mkt key rotate acme:0123456789abcdef",
     "3 4 7 8 9 10 11 12", "", add_key_command},
    {"publisher", "Trust", "Register, show, verify and suspend publishers",
     "  mkt publisher register acme --display-name 'Acme Inc.' --email dev@acme.example --key "
     "acme:0123456789abcdef\n  mkt publisher list",
     "3 4 7 8 9 11", "", add_publisher_command},
    {"quarantine", "Trust", "Keep a version from being installed",
     "  mkt quarantine hello-connector@1.0.0 --reason 'sends data to a host nobody knows'\n"
     "  mkt quarantine hello-connector@1.0.0 --undo --reason 'it was the proxy of the office'",
     "3 4 7", "", add_quarantine_command},
    {"owner", "Trust", "Show and change who may publish a connector",
     "  mkt owner list hello-connector\n"
     "  mkt owner add hello-connector partner",
     "3 4 7 8 9", "", add_owner_command},
    {"request", "Team", "See, approve and deny install requests",
     "  mkt --tenant team request list --status pending\n"
     "  mkt --tenant team request approve req_0123456789abcdef01234567",
     "3 4 6 7 8 9 11", "", add_request_command},
    {"policy", "Team", "Show and set which connectors a tenant may install",
     "  mkt --tenant team policy show\n"
     "  mkt --tenant team policy set minApprovals=2\n"
     "  mkt --tenant team policy check slack@1.4.0",
     "3 4 7 8 9", "", add_policy_command},
    {"token", "Team", "Make, show and revoke tokens",
     "  mkt token create --role publisher --subject acme --name ci\n"
     "  mkt token list\n  mkt token revoke 0123456789ab",
     "3 4 7 9", "", add_token_command},
    {"status", "Server", "Show whether the registry works and what is left of the rate limits",
     "  mkt status\n  mkt status --json | jq -r .status", "4 7", "", add_status_command},
    {"limit", "Server", "Show and reset rate limits",
     "  mkt limit show\n  mkt limit show publisher:acme\n"
     "  mkt limit reset publish publisher:acme",
     "4 7 9", "", add_limit_command},
    {"log", "Server", "Show who changed what at the registry",
     "  mkt log --since 24h\n  mkt log --since 2026-01-31 --json", "4 7 9", "", add_log_command},
    {"login", "Settings", "Store a token for the registry",
     "  mkt login\n  mkt login --with-token < token.txt", "4 7 11", "", add_login_command},
    {"logout", "Settings", "Forget the token stored for the registry", "  mkt logout", "11", "",
     add_logout_command},
    {"whoami", "Settings", "Show who you are to the registry", "  mkt whoami\n  mkt whoami --json",
     "4 7", "", add_whoami_command},
    {"config", "Settings", "Show and change the settings",
     "  mkt config list\n  mkt config set registry https://connectors.acme.example\n"
     "  mkt config unset tenant",
     "3 11", "", add_config_command},
    {"doctor", "Settings", "Look for what is wrong here, and say how to mend it",
     "  mkt doctor\n  mkt doctor --offline --json", "", "", add_doctor_command},
    {"completion", "Settings", "Print a script that completes mkt",
     "  source <(mkt completion bash)\n  mkt completion fish > ~/.config/fish/completions/mkt.fish",
     "", "", add_completion_command},
    {"help", "Settings", "Show help for a command, or a topic",
     "  mkt help install\n  mkt help key revoke\n  mkt help ci", "", "", add_help_command},
    {"version", "Settings", "Print the version", "  mkt version\n  mkt version --json", "", "",
     add_version_command},
});

}  // namespace

std::span<const CommandEntry> command_table() { return kCommands; }

namespace {

constexpr std::string_view kCommonOptions =
    "Common options: --registry URL, --tenant TENANT, --token-file FILE, --timeout TIME,\n"
    "  --wait-for-limits, --json, -q/--quiet, --no-color (mkt --help)";

// Behind the examples, of the command and of its own commands. Made when help is asked for: every
// run of mkt declares all commands.
void add_footers(CLI::App& command, std::string_view exits) {
  command.footer([examples = command.get_footer(), exits] {
    std::string statuses = describe_exit_statuses(fmt::format("0 2 {}", exits));
    statuses.pop_back();  // CLI11 ends the line
    return fmt::format("{}\n\n{}\n\nExit statuses:\n{}", examples, kCommonOptions, statuses);
  });
  command.footer("");
  for (CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; })) {
    add_footers(*sub, exits);
  }
}

}  // namespace

void add_commands(CLI::App& app, Session& session) {
  for (const CommandEntry& entry : command_table()) {
    CLI::App* command = add_subcommand(app, std::string(entry.name), std::string(entry.summary),
                                       std::string(entry.examples));
    command->group(std::string(entry.group));
    if (!entry.alias.empty()) command->alias(std::string(entry.alias));
    entry.add(*command, session);
    add_footers(*command, entry.exits);
  }
}

}  // namespace mkt
