// What every command of mkt consists of.
//
// A command's file has one function that declares its arguments with CLI11 and stores an action in
// the session: parse, call, print. command_table.h has its name, group, summary and examples.
// main.cc runs the action, prints errors, and exits with the status from the table in mkt(1).
#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <functional>
#include <memory>
#include <string>

#include "cli/client/settings.h"
#include "cli/terminal/output.h"
#include "common/base/result.h"
#include "common/connector/names.h"
#include "common/connector/version.h"

namespace mkt {

class RegistryClient;
class TenantClient;

struct Session {
  SettingFlags flags;
  Output out;
  std::function<Status()> action;  // of the command on the command line
  // For a command that succeeded but reports something by its status.
  ExitStatus exit_status = ExitStatus::done;

  Result<Settings> settings() const {
    MKT_TRY(Settings settings, Settings::load(flags));
    settings.on_wait = [this](const std::string& text) { out.note(text); };
    return settings;
  }
  // The registry that the settings name.
  Result<RegistryClient> registry() const;
  // Its tenant that the settings name; usage_error where they name none. The registry's client must
  // outlive it.
  Result<TenantClient> tenant(RegistryClient& registry) const;
};

// A subcommand with a one-line summary and examples; all commands look alike.
CLI::App* add_subcommand(CLI::App& parent, const std::string& name, const std::string& summary,
                         const std::string& examples);

// Runs `action` where `command` is the one on the command line.
void on_run(CLI::App* command, Session& session, std::function<Status()> action);

// "ID" or "ID@VERSION".
struct ConnectorSpec {
  ConnectorId id;
  std::optional<Version> version;

  static Result<ConnectorSpec> parse(std::string_view text);
  std::string which() const { return version ? version->text() : "latest"; }
};

// Each is in a file of its own; command_table.cc has their names.
void add_init_command(CLI::App& command, Session& session);
void add_import_command(CLI::App& command, Session& session);
void add_pack_command(CLI::App& command, Session& session);
void add_sign_command(CLI::App& command, Session& session);
void add_verify_command(CLI::App& command, Session& session);
void add_publish_command(CLI::App& command, Session& session);
void add_deprecate_command(CLI::App& command, Session& session);
void add_visibility_command(CLI::App& command, Session& session);
void add_quarantine_command(CLI::App& command, Session& session);
void add_withdraw_command(CLI::App& command, Session& session);
void add_diff_command(CLI::App& command, Session& session);
void add_search_command(CLI::App& command, Session& session);
void add_info_command(CLI::App& command, Session& session);
void add_download_command(CLI::App& command, Session& session);
void add_install_command(CLI::App& command, Session& session);
void add_cache_command(CLI::App& command, Session& session);
void add_list_command(CLI::App& command, Session& session);
void add_audit_command(CLI::App& command, Session& session);
void add_outdated_command(CLI::App& command, Session& session);
void add_update_command(CLI::App& command, Session& session);
void add_hold_command(CLI::App& command, Session& session);
void add_uninstall_command(CLI::App& command, Session& session);
void add_key_command(CLI::App& command, Session& session);
void add_publisher_command(CLI::App& command, Session& session);
void add_owner_command(CLI::App& command, Session& session);
void add_request_command(CLI::App& command, Session& session);
void add_policy_command(CLI::App& command, Session& session);
void add_token_command(CLI::App& command, Session& session);
void add_status_command(CLI::App& command, Session& session);
void add_limit_command(CLI::App& command, Session& session);
void add_log_command(CLI::App& command, Session& session);
void add_login_command(CLI::App& command, Session& session);
void add_logout_command(CLI::App& command, Session& session);
void add_whoami_command(CLI::App& command, Session& session);
void add_help_command(CLI::App& command, Session& session);
void add_version_command(CLI::App& command, Session& session);
void add_doctor_command(CLI::App& command, Session& session);
void add_config_command(CLI::App& command, Session& session);
void add_completion_command(CLI::App& command, Session& session);

}  // namespace mkt
