#include "cli/commands/command.h"

#include "cli/client/tenant_client.h"

namespace mkt {

CLI::App* add_subcommand(CLI::App& parent, const std::string& name, const std::string& summary,
                         const std::string& examples) {
  CLI::App* command = parent.add_subcommand(name, summary);
  command->footer("Examples:\n" + examples);
  // Common options may also follow the command's name.
  command->fallthrough();
  return command;
}

void on_run(CLI::App* command, Session& session, std::function<Status()> action) {
  command->callback([&session, action = std::move(action)] { session.action = action; });
}

Result<RegistryClient> Session::registry() const {
  MKT_TRY(Settings settings, this->settings());
  return RegistryClient(std::move(settings), {}, last_change_folder());
}

Result<TenantClient> Session::tenant(RegistryClient& registry) const {
  if (registry.settings().tenant) return TenantClient(registry, *registry.settings().tenant);
  return Error(ErrorCode::usage_error,
               "for which tenant? use --tenant, MKT_TENANT, or tenant in config.toml");
}

Result<ConnectorSpec> ConnectorSpec::parse(std::string_view text) {
  const std::size_t at = text.find('@');
  MKT_TRY(ConnectorId id, ConnectorId::parse(text.substr(0, at)));
  ConnectorSpec spec{std::move(id), std::nullopt};
  if (at == std::string_view::npos || text.substr(at + 1) == "latest") return spec;
  MKT_TRY(spec.version, Version::parse(text.substr(at + 1)));
  return spec;
}

}  // namespace mkt
