// mkt status: shows whether the registry works, who the user is there, and what the limits still
// allow.
#include <fmt/format.h>

#include <algorithm>

#include "cli/client/credentials.h"
#include "cli/client/registry_client.h"
#include "cli/commands/command.h"
#include "cli/commands/in_your_name.h"
#include "cli/commands/limit_table.h"
#include "common/base/duration.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

// "3d", "5h", "12m": the time passed, in the largest unit that is at least one.
std::string roughly(std::chrono::seconds time) {
  using std::chrono::seconds;
  for (const seconds unit : {seconds(86'400), seconds(3600), seconds(60)}) {
    if (time >= unit) return format_duration(time - time % unit);
  }
  return format_duration(std::max(time, seconds(0)));
}

std::string up_since(const std::string& started_at) {
  const auto started = parse_utc(started_at);
  if (!started) return "";
  return ", up " + roughly(std::chrono::duration_cast<std::chrono::seconds>(utc_now() - *started));
}

std::string person(const std::optional<wire::TokenInfo>& me) {
  if (!me) return "nobody (mkt login)";
  std::string text = me->role;
  if (!me->subject.empty()) text += " of " + me->subject;
  if (!me->name.empty()) text += fmt::format(" ({})", me->name);
  return printable(text);
}

std::string colored_state(const Output& out, const std::string& state) {
  return out.on_out(printable(state), tone_of_state(state));
}

std::string breaker_line(const wire::BreakerInfo& b) {
  std::string text =
      fmt::format("{} for {}", printable(b.state), roughly(std::chrono::seconds(b.since_seconds)));
  if (b.retry_after_seconds) {
    text += fmt::format(", tried again in {}",
                        format_duration(std::chrono::seconds(*b.retry_after_seconds)));
  }
  if (b.state != "closed" && !b.causes.empty()) text += ": " + printable(b.causes.back());
  return text;
}

std::string describe(const Output& out, const Settings& settings, const wire::StatusInfo& status,
                     const std::optional<wire::TokenInfo>& me,
                     const std::vector<wire::LimitInfo>& limits) {
  std::string text = fmt::format("registry  {}\nmktd      {}{}\nyou       {}\nstatus    {}\n",
                                 printable(settings.registry), printable(status.version),
                                 up_since(status.started_at), person(me),
                                 status.status == "ready" ? out.on_out("ready", Tone::good)
                                                          : out.on_out("not ready", Tone::bad));
  for (const wire::PartInfo& part : status.parts) {
    text += fmt::format("  {:<9} {}{}\n", printable(part.name), colored_state(out, part.status),
                        part.reason.empty() ? "" : ": " + printable(part.reason));
  }
  if (!status.breakers.empty()) text += "circuit breakers\n";
  for (const wire::BreakerInfo& b : status.breakers) {
    text += fmt::format("  {:<9} {}\n", printable(b.name), breaker_line(b));
  }
  return text + "\n" + limit_table(limits).text(out.screen());
}

Status show(Session& session) {
  MKT_TRY(RegistryClient registry, session.registry());
  const Settings& settings = registry.settings();
  MKT_TRY(const wire::StatusInfo status, registry.status());
  MKT_TRY(const auto token, token_for(settings, local_daemon(settings.registry)));
  std::optional<wire::TokenInfo> me;
  if (token) {
    MKT_TRY(me, registry.whoami());
  }
  MKT_TRY(const auto limits, registry.limits(std::nullopt));
  Json json = status.to_json();
  json["registry"] = settings.registry;
  json["you"] = me ? me->to_json() : Json();
  json["limits"] = Json::array();
  for (const wire::LimitInfo& l : limits) json["limits"].push_back(l.to_json());
  session.out.result(json, describe(session.out, settings, status, me, limits));
  if (me && me->role == "publisher") tell_in_your_name(session.out, settings, me->subject);
  if (status.status != "ready") session.exit_status = ExitStatus::unavailable;
  return {};
}

}  // namespace

void add_status_command(CLI::App& command, Session& session) {
  on_run(&command, session, [&session] { return show(session); });
}

}  // namespace mkt
