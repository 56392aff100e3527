// What a chat and a relay of mail get: held to Slack's limits and escapes, and to RFC 5322.
#include "daemon/webhooks/webhook_bodies.h"

#include <doctest/doctest.h>

#include "daemon/store/log_actions.h"

namespace mkt {
namespace {

WebhookNews published() {
  return {
      7,          "2026-01-31T12:00:00.000Z", "publisher:acme", "version.publish", "slack@1.4.0",
      "sha256:ab"};
}

TEST_CASE("Slack gets a text and blocks, with & < > escaped so that nothing becomes a mention") {
  WebhookNews news = published();
  news.detail = "<!channel> & <https://evil.example|here>";
  const Json body = slack_body(news);
  const auto text = body["text"].get<std::string>();
  CHECK(text ==
        "publisher:acme published slack@1.4.0\n"
        "&lt;!channel&gt; &amp; &lt;https://evil.example|here&gt;");
  CHECK(body["blocks"][0]["type"] == "section");
  CHECK(body["blocks"][0]["text"]["text"] == text);
  CHECK(body["blocks"][1]["type"] == "context");
  // What looks like a link, a channel or a mention is left as it is.
  CHECK(body["blocks"][0]["text"]["verbatim"] == true);
  CHECK(body["blocks"][1]["elements"][0]["verbatim"] == true);
}

TEST_CASE("a chat is told what was done to a request in words") {
  WebhookNews news = published();
  news.actor = "ada";
  news.subject = "req_1";
  news.detail.clear();
  for (const auto& [event, said] : {std::pair{"request.cancel", "ada cancelled the install req_1"},
                                    std::pair{"request.expire", "ada let expire the install req_1"},
                                    std::pair{"request.bless", "ada request.bless req_1"}}) {
    news.event = event;
    CHECK(slack_body(news)["text"] == said);
  }
}

TEST_CASE("a chat is told of every action in words") {
  WebhookNews news = published();
  for (const LogAction& action : kLogActions) {
    news.event = action.name;
    CHECK(slack_body(news)["text"].get<std::string>().find(action.name) == std::string::npos);
  }
}

TEST_CASE("a Slack section has at most 3000 characters, whatever a reason has") {
  WebhookNews news = published();
  news.actor = news.subject = news.detail = std::string(5000, '&');
  const auto text = slack_body(news)["blocks"][0]["text"]["text"].get<std::string>();
  CHECK(text.size() <= 3000);
}

TEST_CASE("a cut text is still UTF-8") {
  WebhookNews news = published();
  for (int i = 0; i < 500; ++i) news.detail += "ü";
  for (std::size_t shift = 0; shift < 3; ++shift) {
    news.detail.insert(0, "x");
    const Json body = slack_body(news);
    CHECK_NOTHROW(body.dump());  // throws for invalid UTF-8
  }
}

TEST_CASE("mail says who did what, and a name cannot add a line or an address") {
  WebhookNews news = published();
  news.subject = "slack@1.4.0\r\nBcc: all@evil.example";
  const Json body = mail_body(news, {mailbox("Acme \"A\"\r\n, x", "team@acme.example")});
  for (const Json& text : {body["subject"], body["to"][0]}) {
    CHECK(text.get<std::string>().find_first_of("\r\n") == std::string::npos);
  }
  CHECK(body["to"][0].get<std::string>().starts_with("\"Acme \\\"A\\\""));
  CHECK(body["to"][0].get<std::string>().ends_with("<team@acme.example>"));
  CHECK(body["messageId"] == "<mkt-7-20260131T120000000Z@registry>");
  CHECK(body["text"].get<std::string>().find("mkt log") != std::string::npos);
}

}  // namespace
}  // namespace mkt
