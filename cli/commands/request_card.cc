#include "cli/commands/request_card.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/terminal/relative_time.h"
#include "common/base/utf8.h"
#include "common/signing/key.h"

namespace mkt {
namespace {

using wire::InstallRequestInfo;
using wire::ReviewInfo;

constexpr std::string_view kPending = "pending";

class Card {
 public:
  Card(const Output& out, UtcTime now) : out_(out), now_(now) {}

  void line(std::string_view name, const std::string& value, Tone tone = Tone::plain) {
    if (value.empty()) return;
    text_ += fmt::format("{} {}\n", out_.on_out(fmt::format("{:<12}", name), Tone::faint),
                         out_.on_out(value, tone));
  }
  void plain(const std::string& text) { text_ += text + "\n"; }
  void change(std::string_view sign, const std::string& what) {
    plain("  " + out_.on_out(fmt::format("{} {}", sign, printable(what)),
                             sign == "+" ? Tone::good : Tone::bad));
  }
  void powers(std::string_view sign, const wire::PowersInfo& powers) {
    for (const std::string& c : powers.capabilities) change(sign, "capability " + c);
    for (const auto& tool : powers.tools) {
      change(sign, fmt::format("tool {} ({})", tool.name, tool.policy_class));
    }
  }
  // "3 days ago", and in a pipe the time itself.
  std::string when(const std::string& time) const {
    const Cell cell = time_cell(time, now_);
    return out_.screen().out_is_terminal || cell.exact.empty() ? cell.text : cell.exact;
  }
  std::string text() { return std::move(text_); }
  const Output& out() const { return out_; }

 private:
  const Output& out_;
  const UtcTime now_;
  std::string text_;
};

bool is_none(const wire::PowersInfo& powers) {
  return powers.capabilities.empty() && powers.tools.empty();
}

// By the key id's end, which is the fingerprint's beginning; a card names keys, it does not check
// them.
bool is_pinned(const ReviewInfo& review, const Pins& pins) {
  return std::any_of(pins.all().begin(), pins.all().end(), [&](const Pin& pin) {
    return KeyId::of(pin.publisher, pin.key.fingerprint()).text() == review.key.key_id;
  });
}

void add_review(Card& card, const ReviewInfo& review, const Pins& pins) {
  const std::string installed = printable(review.installed_version);
  card.line("installed", installed.empty() ? "not yet" : installed);
  if (installed.empty()) {
    card.plain("it would be new here, and may:");
    card.powers("+", review);
  } else if (is_none(review.added) && is_none(review.removed)) {
    card.plain("it may do what the installed version may");
  } else {
    card.plain("beside the installed version:");
    card.powers("+", review.added);
    card.powers("-", review.removed);
  }
  const auto& publisher = review.publisher;
  card.line("publisher",
            fmt::format("{}{}, {}", printable(publisher.id),
                        publisher.verified ? " (verified)" : " (not verified)",
                        printable(publisher.status)),
            publisher.status != "active" ? Tone::bad
            : publisher.verified         ? Tone::good
                                         : Tone::caution);
  card.line(
      "key",
      fmt::format("{}, {}, {}", printable(review.key.key_id), printable(review.key.status),
                  is_pinned(review, pins) ? "trusted here (mkt key trust)" : "not pinned here"),
      tone_of_state(review.key.status) == Tone::good ? Tone::plain : Tone::bad);
  card.line("size", format_bytes(review.size));
  if (review.deprecated) card.line("deprecated", "yes", Tone::caution);
  if (review.obstacle) card.line("obstacle", printable(review.obstacle->message), Tone::bad);
}

void add_decision(Card& card, const InstallRequestInfo& r) {
  card.line("approvals", fmt::format("{} of {}", r.approvals.size(), r.min_approvals));
  for (const auto& approval : r.approvals) {
    card.line("", fmt::format(
                      "{}, {}{}", printable(approval.approver), card.when(approval.approved_at),
                      approval.key_id.empty() ? "" : ", signed by " + printable(approval.key_id)));
  }
  if (r.decided_at) {
    card.line("decided by",
              fmt::format("{}, {}{}{}", printable(r.decided_by), card.when(*r.decided_at),
                          r.reason.empty() ? "" : ": ", printable(r.reason)));
  } else {
    card.line("expires", card.when(r.expires_at));
  }
}

void add_commands(Card& card, const InstallRequestInfo& r) {
  const std::string command = fmt::format("mkt --tenant {} request", printable(r.tenant_id));
  const std::string id = printable(r.id);
  card.plain("");
  card.plain(fmt::format("  {} approve {}", command, id));
  card.plain(fmt::format("  {} deny {} --reason TEXT", command, id));
  card.plain(fmt::format("  {} show {} --diff", command, id));
}

}  // namespace

std::string request_card(const InstallRequestInfo& r, const Pins& pins, const Output& out,
                         UtcTime now) {
  Card card(out, now);
  const std::string state = printable(r.status);
  card.plain(fmt::format(
      "{}  {}  {}", out.on_out(printable(r.connector_id) + "@" + printable(r.version), Tone::bold),
      out.on_out(state, tone_of_state(state)), printable(r.id)));
  card.line("asked by",
            fmt::format("{}, {}", printable(r.requested_by), card.when(r.requested_at)));
  card.line("why", printable(r.explanation));
  add_decision(card, r);
  if (r.review) add_review(card, *r.review, pins);
  card.line("checksum", printable(r.checksum));
  if (r.status == kPending) add_commands(card, r);
  return card.text();
}

}  // namespace mkt
