#include "cli/commands/command_table.h"

#include <array>
#include <string>

namespace mkt {
namespace {

constexpr auto kCommands = std::to_array<CommandEntry>({
    {"init", "Start", "Start a connector", "  mkt init\n  mkt init my-connector --id acme-tickets",
     add_init_command},
    {"pack", "Publish", "Make the tarball of a connector",
     "  mkt pack\n  mkt pack --list\n  mkt pack ./my-connector -o /tmp/my-connector.tgz\n"
     "  mkt pack -o - | tar -tzv",
     add_pack_command},
    {"sign", "Publish", "Sign a tarball; writes FILE.sig.json",
     "  mkt sign hello-connector-1.0.0.tgz\n"
     "  mkt sign FILE --key acme:0123456789abcdef\n"
     "  mkt sign --countersign hello-connector@1.0.0 FILE",
     add_sign_command},
    {"verify", "Publish", "Check a tarball's signature, or an installed connector",
     "  mkt verify hello-connector-1.0.0.tgz\n"
     "  mkt verify FILE --signature FILE.sig.json --public-key acme.pem\n"
     "  mkt verify connectors/hello-connector",
     add_verify_command},
    {"publish", "Publish", "Pack, sign and upload a connector",
     "  mkt publish\n  mkt publish ./my-connector --dry-run\n"
     "  mkt publish my-connector-1.0.0.tgz --key "
     "acme:0123456789abcdef",
     add_publish_command},
    {"deprecate", "Publish", "Advise against a version",
     "  mkt deprecate hello-connector@1.0.0 --reason 'loses data; use 1.0.1'\n"
     "  mkt deprecate hello-connector@1.0.0 --undo",
     add_deprecate_command},
    {"search", "Install", "Find connectors",
     "  mkt search slack\n  mkt search --capability messaging\n"
     "  mkt search '' --sort downloads --json",
     add_search_command},
    {"info", "Install", "Show a connector or one version of it",
     "  mkt info hello-connector\n  mkt info "
     "hello-connector@1.0.0 --json",
     add_info_command},
    {"download", "Install", "Fetch a tarball and its signature, and check them",
     "  mkt download hello-connector\n  mkt download hello-connector@1.0.0 -o "
     "/tmp/hello.tgz\n  mkt download hello-connector -o - | tar tz",
     add_download_command},
    {"install", "Install", "Install connectors with what they depend on, after checking them",
     "  mkt install hello-connector\n  mkt install hello-connector@1.0.0 --dir "
     "/opt/hello\n  mkt install slack jira --root /opt/connectors\n"
     "  mkt --tenant team install slack --wait 10m\n  mkt install --frozen\n"
     "  mkt install ./hello-connector-1.0.0.tgz --offline",
     add_install_command},
    {"list", "Install", "Show what is installed here",
     "  mkt list\n  mkt list --root /opt/connectors --json", add_list_command},
    {"audit", "Install", "Check what is installed against today's revocations and policy",
     "  mkt audit\n  mkt audit --root /opt/connectors --offline --json", add_audit_command},
    {"outdated", "Install", "Show what has a newer version",
     "  mkt outdated\n  mkt outdated --root /opt/connectors", add_outdated_command},
    {"update", "Install", "Install the newest version of what is here",
     "  mkt update\n  mkt update slack\n"
     "  mkt --tenant team update slack --wait 10m",
     add_update_command},
    {"uninstall", "Install", "Remove an installed connector", "  mkt uninstall hello-connector",
     add_uninstall_command},
    {"key", "Trust", "Make, register, replace and revoke the keys that sign",
     "  mkt key generate --publisher acme\n  mkt key list\n"
     "  mkt key rotate acme:0123456789abcdef",
     add_key_command},
    {"publisher", "Trust", "Register, show, verify and suspend publishers",
     "  mkt publisher register acme --display-name 'Acme Inc.' --email dev@acme.example --key "
     "acme:0123456789abcdef\n  mkt publisher list",
     add_publisher_command},
    {"owner", "Trust", "Show and change who may publish a connector",
     "  mkt owner list hello-connector\n"
     "  mkt owner add hello-connector partner",
     add_owner_command},
    {"request", "Team", "See, approve and deny install requests",
     "  mkt --tenant team request list --status pending\n"
     "  mkt --tenant team request approve req_0123456789abcdef01234567",
     add_request_command},
    {"policy", "Team", "Show and set which connectors a tenant may install",
     "  mkt --tenant team policy show\n"
     "  mkt --tenant team policy set minApprovals=2\n"
     "  mkt --tenant team policy check slack@1.4.0",
     add_policy_command},
    {"token", "Team", "Make, show and revoke tokens",
     "  mkt token create --role publisher --subject acme --name ci\n"
     "  mkt token list\n  mkt token revoke 0123456789ab",
     add_token_command},
    {"status", "Server", "Show whether the registry works and what is left of the rate limits",
     "  mkt status\n  mkt status --json | jq -r .status", add_status_command},
    {"limit", "Server", "Show and reset rate limits",
     "  mkt limit show\n  mkt limit show publisher:acme\n"
     "  mkt limit reset publish publisher:acme",
     add_limit_command},
    {"log", "Server", "Show who changed what at the registry",
     "  mkt log --since 24h\n  mkt log --since 2026-01-31 --json", add_log_command},
    {"login", "Settings", "Store a token for the registry",
     "  mkt login\n  mkt login --with-token < token.txt", add_login_command},
    {"logout", "Settings", "Forget the token stored for the registry", "  mkt logout",
     add_logout_command},
    {"whoami", "Settings", "Show who you are to the registry", "  mkt whoami", add_whoami_command},
    {"completion", "Settings", "Print a script that completes mkt",
     "  source <(mkt completion bash)", add_completion_command},
});

}  // namespace

std::span<const CommandEntry> command_table() { return kCommands; }

void add_commands(CLI::App& app, Session& session) {
  for (const CommandEntry& entry : command_table()) {
    CLI::App* command = add_subcommand(app, std::string(entry.name), std::string(entry.summary),
                                       std::string(entry.examples));
    command->group(std::string(entry.group));
    entry.add(*command, session);
  }
}

}  // namespace mkt
