#include "cli/client/registry_checkup.h"

#include <fmt/format.h>

#include "cli/client/credentials.h"
#include "cli/client/local_daemon.h"
#include "cli/client/proxy_settings.h"
#include "cli/client/registry_client.h"
#include "common/base/duration.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string whole_seconds(milliseconds time) {
  return format_duration(std::chrono::round<seconds>(std::chrono::abs(time)));
}

Finding unreachable(const Settings& settings, const Error& error) {
  const bool no_answer = error.code == ErrorCode::registry_unavailable ||
                         error.code == ErrorCode::timed_out || error.code == ErrorCode::overloaded;
  std::string mend =
      is_loopback(settings.registry)
          ? "start mktd there, or name another registry: mkt config set registry URL"
          : "check the address and the network, or name another registry: mkt config set registry "
            "URL";
  if (no_answer) return {"registry", Severity::error, printable(error.message), std::move(mend)};
  return {"registry", Severity::error,
          fmt::format("{} answers, but not as mktd does: {}", settings.registry,
                      printable(error.message)),
          "name the registry's address: mkt config set registry URL"};
}

Finding check_clock(const std::optional<milliseconds>& ahead) {
  if (!ahead) {
    return {"clock", Severity::warning,
            "not compared: the registry, or a proxy before it, sends no date",
            "compare this machine's clock yourself: date -u"};
  }
  if (std::chrono::abs(*ahead) <= kClockTolerance) {
    return {"clock", Severity::ok, "agrees with the registry's", ""};
  }
  return {"clock", Severity::warning,
          fmt::format("this machine's clock is {} {} the registry's", whole_seconds(*ahead),
                      ahead->count() > 0 ? "behind" : "ahead of"),
          "set the clock of whichever is wrong: timedatectl set-ntp true"};
}

Finding describe_token(const wire::TokenInfo& token, UtcTime now) {
  std::string who = printable(token.role);
  if (!token.subject.empty()) who += " of " + printable(token.subject);
  const auto ends = parse_utc(token.expires_at.value_or(""));
  if (!ends) return {"token", Severity::ok, who + ", without an end", ""};
  const auto left = std::chrono::duration_cast<seconds>(*ends - now);
  const std::string message = fmt::format("{}, until {}", who, format_utc(*ends));
  if (left > kTokenEndsSoon) return {"token", Severity::ok, message, ""};
  return {"token", Severity::warning, message + ", which is soon",
          "make another: mkt token create, then: mkt login"};
}

Finding examine_token(RegistryClient& registry, const Settings& settings, UtcTime now) {
  const auto token = token_for(settings, local_daemon(settings.registry));
  if (!token && token.error().code == ErrorCode::unauthorized) {
    return {"token", Severity::warning, printable(settings.withheld),
            "log in at this registry: mkt login"};
  }
  if (!token) {
    return {"token", Severity::error, printable(token.error().message),
            "mend that file, or log in again: mkt login"};
  }
  if (!*token) {
    return {"token", Severity::ok,
            "there is none: reading needs none; to publish or to ask for installs: mkt login", ""};
  }
  const auto who = registry.whoami();
  if (who) return describe_token(*who, now);
  if (exit_status(who.error().code) != ExitStatus::refused) {
    return {"token", Severity::warning, "not checked: " + printable(who.error().message),
            "try again"};
  }
  return {"token", Severity::error, "the registry refuses it: " + printable(who.error().message),
          "log in again: mkt login; or take it out: mkt logout, mkt config unset token"};
}

}  // namespace

Finding check_proxy(const std::string& origin,
                    const std::function<std::string(const char*)>& environment) {
  const ProxyChoice choice = proxy_for(origin, environment);
  if (!choice.problem.empty()) {
    return {"proxy", choice.is_used() ? Severity::error : Severity::warning, choice.problem,
            choice.is_used() ? fmt::format("set {} to http://HOST:PORT", choice.variable)
                             : "set http_proxy"};
  }
  if (choice.proxy.empty()) return {"proxy", Severity::ok, "none", ""};
  if (!choice.bypass.empty()) {
    return {"proxy", Severity::ok, fmt::format("none for this registry, as {}", choice.bypass), ""};
  }
  return {"proxy", Severity::ok, fmt::format("{} ({})", choice.proxy, choice.variable), ""};
}

std::vector<Finding> check_registry(const Settings& settings, UtcTime now) {
  RegistryClient registry(settings);
  const auto alive = registry.alive();
  if (!alive) return {unreachable(settings, alive.error())};
  return {{"registry", Severity::ok,
           fmt::format("{} answers: mktd {}", settings.registry, printable(alive->version)), ""},
          check_clock(alive->clock_ahead),
          examine_token(registry, settings, now)};
}

}  // namespace mkt
