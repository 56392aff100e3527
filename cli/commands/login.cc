// mkt login, logout, whoami: the token that this machine uses at the registry.
#include <fmt/format.h>

#include "cli/client/credentials.h"
#include "cli/client/registry_client.h"
#include "cli/commands/command.h"
#include "cli/commands/in_your_name.h"
#include "cli/commands/token_limits.h"
#include "cli/terminal/prompt.h"
#include "cli/terminal/value_input.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

std::string describe(const wire::TokenInfo& t) {
  return fmt::format("{}{}{}", printable(t.role), t.subject.empty() ? "" : " of ",
                     printable(t.subject));
}

Result<std::string> read_from_stdin() {
  MKT_TRY(std::string token, read_value_input("the token", ValueEnd::at_line_end));
  if (token.empty()) return Error(ErrorCode::usage_error, "no token came on standard input");
  return token;
}

Status login(const Session& session, bool from_stdin) {
  MKT_TRY(const Settings settings, session.settings());
  std::string token;
  if (from_stdin) {
    MKT_TRY(token, read_from_stdin());
  } else if (!session.flags.token_file.empty()) {
    token = settings.token.value_or("");
  } else {
    token = ask_secret(fmt::format("Token for {}: ", settings.registry)).value_or("");
  }
  if (token.empty()) {
    return Error(ErrorCode::usage_error,
                 "no token was given; use --with-token and standard input, or --token-file");
  }
  RegistryClient registry(settings);
  MKT_TRY(const wire::TokenInfo who, registry.whoami(token));
  MKT_CHECK(keep_token(settings.registry, token));
  session.out.result(
      {{"registry", settings.registry}, {"role", who.role}, {"subject", who.subject}},
      fmt::format("logged in at {} as {}", settings.registry, describe(who)));
  return {};
}

Status logout(const Session& session) {
  MKT_TRY(const Settings settings, session.settings());
  MKT_TRY(const bool there_was_one, forget_token(settings.registry));
  session.out.result({{"registry", settings.registry}, {"loggedOut", there_was_one}},
                     there_was_one ? fmt::format("logged out of {}", settings.registry)
                                   : fmt::format("no token was kept for {}", settings.registry));
  return {};
}

Status whoami(const Session& session) {
  MKT_TRY(RegistryClient registry, session.registry());
  const Settings& settings = registry.settings();
  MKT_TRY(const wire::TokenInfo who, registry.whoami());
  Json document = who.to_json();
  document["registry"] = settings.registry;
  if (settings.tenant) document["tenant"] = settings.tenant->text();
  session.out.result(document, fmt::format("{} at {} (token {})", describe(who), settings.registry,
                                           printable(who.id)));
  tell_limits(session.out, who);
  if (who.role == "publisher") tell_in_your_name(session.out, settings, who.subject);
  return {};
}

}  // namespace

void add_login_command(CLI::App& command, Session& session) {
  auto from_stdin = std::make_shared<bool>(false);
  command.add_flag("--with-token", *from_stdin, "Read the token from standard input");
  on_run(&command, session, [&session, from_stdin] { return login(session, *from_stdin); });
}

void add_logout_command(CLI::App& command, Session& session) {
  on_run(&command, session, [&session] { return logout(session); });
}

void add_whoami_command(CLI::App& command, Session& session) {
  on_run(&command, session, [&session] { return whoami(session); });
}

}  // namespace mkt
