#include "daemon/ops/set_up_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

#include "common/base/utf8.h"
#include "daemon/http/listener.h"
#include "daemon/ops/configuration.h"

namespace mkt {
namespace {

constexpr auto kUnits = std::to_array<const char*>({"/etc/systemd/system/mktd.service",
                                                    "/usr/lib/systemd/system/mktd.service",
                                                    "/lib/systemd/system/mktd.service"});

// As a shell reads it.
std::string shell_word(const std::string& text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:[]%+=@,";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos &&
      text.find('[') == std::string::npos) {
    return text;
  }
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

bool uses_sudo() { return std::getenv("SUDO_USER") != nullptr; }

// Where a client of this machine reaches the daemon.
std::string registry_url(const SetUp& done) {
  const std::string address = clients_address(done);
  if (address.empty()) {
    return fmt::format("\"$(cat {})\"", shell_word((done.data / "mktd.url").string()));
  }
  const std::string_view scheme = is_https(address) ? kHttpsScheme : "http://";
  const std::size_t begin = is_https(address) ? scheme.size() : 0;
  const std::size_t colon = address.rfind(':');
  std::string host = address.substr(begin, colon - begin);
  if (host == "0.0.0.0") host = "127.0.0.1";
  if (host == "[::]") host = "[::1]";
  // A client compares what it was told with the certificate.
  if (!done.tls_name.empty()) {
    const bool is_v6 = done.tls_name.find(':') != std::string::npos;
    host = is_v6 ? fmt::format("[{}]", done.tls_name) : done.tls_name;
  }
  return shell_word(fmt::format("{}{}:{}", scheme, host, address.substr(colon + 1)));
}

std::string start_line(const SetUp& done) {
  const bool has_unit = std::any_of(kUnits.begin(), kUnits.end(),
                                    [](const char* unit) { return ::access(unit, F_OK) == 0; });
  if (has_unit && done.config == kSystemConfig) {
    return fmt::format("{}systemctl enable --now mktd", uses_sudo() ? "sudo " : "");
  }
  if (::access(done.config.c_str(), F_OK) != 0)
    return "mktd --data " + shell_word(done.data.string());
  return "mktd --config " + shell_word(done.config.string());
}

std::string login_line(const SetUp& done) {
  const std::string file = shell_word(done.token_file.string());
  if (uses_sudo()) {
    return fmt::format("sudo cat {} | mkt --registry {} login --with-token", file,
                       registry_url(done));
  }
  return fmt::format("mkt --registry {} login --with-token <{}", registry_url(done), file);
}

std::string_view token_word(SetUp::Token token) {
  switch (token) {
    case SetUp::Token::made:
      return "made";
    case SetUp::Token::kept:
      return "kept";
    case SetUp::Token::lost:
      return "lost";
  }
  return "";
}

}  // namespace

std::string describe(const SetUp& done) {
  std::string text;
  if (!done.reads.empty()) {
    text = fmt::format("settings  {}{}: reads = {}, listen = {}\n", printable(done.config.string()),
                       done.config_written ? " (written now)" : "", done.reads,
                       printable(fmt::format("{}", fmt::join(done.listen, ", "))));
  }
  text += fmt::format("data      {}{}\n", printable(done.data.string()),
                      done.is_running ? " (a daemon uses it)" : "");
  if (done.token == SetUp::Token::lost) {
    return text + fmt::format(
                      "token     the first admin's is not in {} any more\n\nAsk another admin "
                      "for a token. If there is none, stop the daemon and make one:\n  mktd "
                      "init --data {} --new-admin-token",
                      printable(done.token_file.string()), shell_word(done.data.string()));
  }
  text += fmt::format("token     {}{}, of an admin\n", printable(done.token_file.string()),
                      done.token == SetUp::Token::made ? " (made now)" : "");
  if (!done.is_running) {
    text += fmt::format("\nStart the registry:\n  {}\n", start_line(done));
  } else if (done.config_written) {
    text += "\nRestart the daemon, so that it takes over the settings.\n";
  }
  if (!done.name_note.empty()) text += fmt::format("Note: {}.\n", done.name_note);
  return text + fmt::format("Then log in as its admin, with this line:\n  {}", login_line(done));
}

Json set_up_document(const SetUp& done) {
  Json document{{"data", done.data.string()},
                {"config", done.config.string()},
                {"configWritten", done.config_written},
                {"reads", done.reads},
                {"listen", done.listen},
                {"adminToken", done.token_file.string()},
                {"token", token_word(done.token)},
                {"running", done.is_running}};
  if (done.token != SetUp::Token::lost) document["login"] = login_line(done);
  if (!done.name_note.empty()) document["note"] = done.name_note;
  return document;
}

}  // namespace mkt
