#include "daemon/webhooks/webhook_bodies.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "common/base/utf8.h"

namespace mkt {
namespace {

// Slack's section takes 3000 characters, and each may become five by escaping.
constexpr std::size_t kMaxSlackName = 90;
constexpr std::size_t kMaxSlackDetail = 400;
constexpr std::size_t kMaxSubjectBytes = 200;  // RFC 5322: lines of at most 998

// A verb for each action of the log (store/log_actions.h). An event of a newer mktd is told by its
// name.
constexpr auto kVerbs = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"connector.visibility", "changed who may see"},
    {"history.lost", "lost entries of the log after"},
    {"installation.add", "installed"},
    {"installation.remove", "uninstalled"},
    {"installation.update", "updated"},
    {"limit.reset", "reset the limits of"},
    {"mirror.adopt", "took over the mirror in"},
    {"mirror.resync", "sends everything again to the mirror in"},
    {"policy.set", "set the policy of"},
    {"publisher.ban", "banned the publisher"},
    {"publisher.register", "registered the publisher"},
    {"publisher.restore", "restored the publisher"},
    {"publisher.suspend", "suspended the publisher"},
    {"publisher.unverify", "no longer calls verified the publisher"},
    {"publisher.verify", "verified the publisher"},
    {"token.create", "made the token"},
    {"token.refuse", "failed to sign in from"},
    {"token.revoke", "revoked the token"},
    {"token.sign-out", "signed out of the pages with the token"},
    {"version.publish", "published"},
    {"version.deprecate", "deprecated"},
    {"version.undeprecate", "no longer deprecates"},
    {"version.quarantine", "quarantined"},
    {"version.release", "lifted the quarantine of"},
    {"version.withdraw", "withdrew"},
    {"version.countersign", "countersigned"},
    {"key.add", "added the key"},
    {"key.retire", "retired the key"},
    {"key.revoke", "revoked the key"},
    {"owner.add", "added an owner of"},
    {"owner.remove", "removed an owner of"},
    {"request.create", "asks for the install"},
    {"request.approve", "approved the install"},
    {"request.cancel", "cancelled the install"},
    {"request.deny", "denied the install"},
    {"request.expire", "let expire the install"},
    {"request.unapprove", "took back an approval of the install"},
});

std::string_view verb_of(std::string_view event) {
  for (const auto& [name, verb] : kVerbs) {
    if (name == event) return verb;
  }
  return event;
}

// Cut between characters, without control characters and line ends.
std::string short_line(std::string_view text, std::size_t most) {
  std::string line(text.substr(0, most));
  if (text.size() > most) {
    while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xC0) == 0x80) {
      line.pop_back();
    }
    if (!line.empty() && static_cast<unsigned char>(line.back()) >= 0x80) line.pop_back();
    line += "…";
  }
  return printable(line);
}

std::string slack_escaped(std::string_view text, std::size_t most = kMaxSlackName) {
  std::string escaped;
  for (const char c : short_line(text, most)) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

// Verbatim: Slack makes no links and mentions of what looks like one.
Json slack_text(std::string text) {
  return {{"type", "mrkdwn"}, {"text", std::move(text)}, {"verbatim", true}};
}

// The same each time that an entry is told, and no other registry's: mail programs drop what they
// have.
std::string message_id(const WebhookNews& n) {
  std::string at;
  std::copy_if(n.at.begin(), n.at.end(), std::back_inserter(at),
               [](unsigned char c) { return std::isalnum(c) != 0; });
  return fmt::format("<mkt-{}-{}@registry>", n.sequence, at);
}

}  // namespace

Json slack_body(const WebhookNews& n) {
  const std::string head =
      fmt::format("{} {} {}", slack_escaped(n.actor), verb_of(n.event), slack_escaped(n.subject));
  std::string told = head;
  if (!n.detail.empty()) told += "\n" + slack_escaped(n.detail, kMaxSlackDetail);
  const Json about =
      slack_text(fmt::format("{} · #{} · {}", slack_escaped(n.event), n.sequence, n.at));
  return {{"text", told},
          {"blocks", Json::array({Json{{"type", "section"}, {"text", slack_text(told)}},
                                  Json{{"type", "context"}, {"elements", Json::array({about})}}})}};
}

std::string mailbox(const std::string& name, const std::string& email) {
  std::string quoted;
  for (const char c : short_line(name, kMaxSubjectBytes)) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return fmt::format("\"{}\" <{}>", quoted, short_line(email, kMaxSubjectBytes));
}

Json mail_body(const WebhookNews& n, const std::vector<std::string>& to) {
  const std::string what = fmt::format("{} {} {}", n.actor, verb_of(n.event), n.subject);
  std::string text = what + ".\n";
  if (!n.detail.empty()) text += "\n" + printable(n.detail) + "\n";
  text += fmt::format(
      "\nTime: {}\nEntry of the log: {} ({})\n\nIf this was not you and nobody you trust, tell an "
      "admin of the registry,\nwho sees more (mkt log), and revoke a key that somebody else has "
      "(mkt key revoke).\n",
      n.at, n.sequence, n.event);
  return {{"to", to},
          {"subject", short_line("[mkt] " + what, kMaxSubjectBytes)},
          {"text", text},
          {"date", n.at},
          {"messageId", message_id(n)}};
}

}  // namespace mkt
