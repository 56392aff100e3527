// mkt policy: which connectors a tenant may install.
#include <fmt/format.h>

#include "cli/commands/request_commands.h"
#include "common/base/files.h"
#include "common/base/utf8.h"
#include "common/wire/policy.h"

namespace mkt {
namespace {

constexpr std::uint64_t kMaxPolicyBytes = 64 * 1024;

struct PolicyArguments {
  std::vector<std::string> changes;
  std::string file;
  std::string spec;
  bool history = false;
};

std::string shown(const Json& value) {
  if (value.is_string()) return printable(value.get<std::string>());
  if (!value.is_array()) return printable(dump_json(value));
  std::string text;
  for (const Json& word : value) {
    if (!text.empty()) text += ",";
    text += word.is_string() ? printable(word.get<std::string>()) : printable(dump_json(word));
  }
  return text;
}

std::string title_of(const wire::PolicyInfo& info) {
  if (info.revision == 0) return "the default: nobody has set a policy";
  return fmt::format("revision {}, set on {} by {}", info.revision,
                     printable(info.set_at.value_or("")), printable(info.set_by));
}

// In the form that `mkt policy set` accepts.
std::string lines_of(const Json& policy) {
  std::string text;
  for (const auto& [name, value] : policy.items()) {
    text += fmt::format("{}={}\n", printable(name), shown(value));
  }
  return text;
}

std::string describe_history(const std::vector<wire::PolicyInfo>& newest_first) {
  std::string text;
  for (auto it = newest_first.begin(); it != newest_first.end(); ++it) {
    text += title_of(*it) + "\n";
    const auto older = std::next(it);
    const Json before = older == newest_first.end() ? Policy().to_json() : older->policy;
    for (const auto& [name, value] : it->policy.items()) {
      const auto was = before.find(name);
      if (was != before.end() && *was == value) continue;
      text += fmt::format("  {}={}\n", printable(name), shown(value));
    }
  }
  return text;
}

Status show(const Session& session, const PolicyArguments& a) {
  MKT_TRY(RegistryClient registry, session.registry());
  MKT_TRY(TenantClient tenant, session.tenant(registry));
  if (a.history) {
    MKT_TRY(const wire::PolicyHistoryInfo history, tenant.policy_history());
    session.out.result(history.to_json(), describe_history(history.policies));
    return {};
  }
  MKT_TRY(const wire::PolicyInfo info, tenant.policy());
  session.out.result(info.to_json(), lines_of(info.policy));
  session.out.note(title_of(info));
  return {};
}

// The value, with the type that the setting has now; a list is separated by commas.
Result<Json> parse_value(const std::string& name, const Json& now, const std::string& text) {
  if (now.is_boolean()) {
    if (text == "true" || text == "yes") return Json(true);
    if (text == "false" || text == "no") return Json(false);
    return Error(ErrorCode::usage_error, fmt::format("{} must be true or false", name));
  }
  if (now.is_number()) {
    auto number = parse_json(text, name);
    if (number && number->is_number_unsigned()) return number;
    return Error(ErrorCode::usage_error, fmt::format("{} must be a number", name));
  }
  if (!now.is_array()) return Json(text);
  Json list = Json::array();
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find(',', start), text.size());
    if (end > start) list.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return list;
}

Status apply(Json& policy, const std::string& change) {
  const std::size_t equals = change.find('=');
  const std::string name = change.substr(0, equals);
  const auto setting = policy.find(name);
  if (equals == std::string::npos || setting == policy.end()) {
    return Error(ErrorCode::usage_error,
                 fmt::format("\"{}\" is not SETTING=VALUE; see the settings: mkt policy show",
                             printable(change.substr(0, 100))));
  }
  MKT_TRY(*setting, parse_value(name, *setting, change.substr(equals + 1)));
  return {};
}

Status set(const Session& session, const PolicyArguments& a) {
  if (a.file.empty() == a.changes.empty()) {
    return Error(ErrorCode::usage_error, "either SETTING=VALUE … or --file FILE");
  }
  MKT_TRY(RegistryClient registry, session.registry());
  MKT_TRY(TenantClient tenant, session.tenant(registry));
  MKT_TRY(const wire::PolicyInfo before, tenant.policy());
  Json policy = before.policy;
  if (!a.file.empty()) {
    MKT_TRY(const std::string text, read_file(a.file, kMaxPolicyBytes));
    MKT_TRY(policy, parse_json(text, printable(a.file)));
  }
  for (const std::string& change : a.changes) MKT_CHECK(apply(policy, change));
  MKT_TRY(const Policy checked, Policy::parse(policy));
  MKT_TRY(const wire::PolicyInfo now, tenant.set_policy(checked, before.revision));
  session.out.result(now.to_json(), lines_of(now.policy));
  session.out.note(title_of(now));
  return {};
}

Status check(const Session& session, const PolicyArguments& a) {
  MKT_TRY(const ConnectorSpec spec, ConnectorSpec::parse(a.spec));
  MKT_TRY(RegistryClient registry, session.registry());
  MKT_TRY(TenantClient tenant, session.tenant(registry));
  MKT_TRY(const wire::PolicyCheckInfo info, tenant.check_policy(spec.id, spec.which()));
  const std::string what = info.outcome == "install"    ? "would be installed"
                           : info.outcome == "approval" ? "would wait for an approval"
                                                        : "would be refused";
  session.out.result(info.to_json(),
                     fmt::format("{}@{} {}: {}{}", spec.id.text(), printable(info.version), what,
                                 printable(info.explanation),
                                 info.rule.empty() ? "" : " (" + printable(info.rule) + ")"));
  return {};
}

}  // namespace

void add_policy_command(CLI::App& policy, Session& session) {
  policy.require_subcommand(1);
  auto a = std::make_shared<PolicyArguments>();

  CLI::App* command = add_subcommand(policy, "show", "Show the policy in force",
                                     "  mkt policy show\n  mkt policy show --history");
  command->add_flag("--history", a->history, "What was changed, when and by whom");
  on_run(command, session, [&session, a] { return show(session, *a); });

  command = add_subcommand(policy, "set", "Change settings, or put a whole policy in place",
                           "  mkt policy set minApprovals=2 blockedConnectors=evil-*,old-*\n"
                           "  mkt policy set --file policy.json");
  command->add_option("SETTING=VALUE", a->changes,
                      "Settings; separate the values of a list by commas");
  command->add_option("--file", a->file, "A policy as JSON; settings it lacks take their defaults");
  on_run(command, session, [&session, a] { return set(session, *a); });

  command = add_subcommand(policy, "check",
                           "Show what would happen to an install, without changing anything",
                           "  mkt policy check slack\n  mkt policy check slack@1.4.0");
  command->add_option("ID[@VERSION]", a->spec, "The connector")->required();
  on_run(command, session, [&session, a] { return check(session, *a); });
}

}  // namespace mkt
