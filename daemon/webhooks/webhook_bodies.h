// The bodies of webhooks for receivers that do not know mkt: a chat, and a relay of mail.
//
// Slack (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks): {text,
// blocks}, where '&', '<' and '>' are escaped, so nothing that a stranger wrote becomes a link or a
// mention. Other chats take the same (Mattermost, Rocket.Chat).
//
// Mail: {to, subject, text, date, messageId}, named and formed as the fields of RFC 5322, for a
// relay that sends it. `to` are addresses; text is plain. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/json.h"

namespace mkt {

// What happened, as the log tells of it.
struct WebhookNews {
  std::int64_t sequence = 0;
  std::string at;       // RFC 3339
  std::string actor;    // "publisher:acme"
  std::string event;    // "version.publish"
  std::string subject;  // "slack@1.4.0"
  std::string detail;   // one line for a person; may be empty
};

Json slack_body(const WebhookNews& news);
// `to`: "Acme <team@acme.example>", without line ends.
Json mail_body(const WebhookNews& news, const std::vector<std::string>& to);
// An address for `to`.
std::string mailbox(const std::string& name, const std::string& email);

}  // namespace mkt
