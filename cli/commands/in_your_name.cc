#include "cli/commands/in_your_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>

#include "cli/client/signings_of_others.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

constexpr std::size_t kMostTold = 5;

std::string signing_line(const wire::SigningInfo& s) {
  return fmt::format("\n  {}@{} was {} at {} by {}, with the key {}", printable(s.connector_id),
                     printable(s.version),
                     s.action == "version.publish" ? "published" : "countersigned",
                     printable(s.time), printable(s.actor), printable(s.key_id));
}

}  // namespace

void tell_in_your_name(const Output& out, const Settings& settings, std::string_view publisher) {
  const auto id = PublisherId::parse(publisher);
  if (!id) return;
  const SigningsOfOthers news = new_signings_of_others(settings, *id, signings_folder());
  if (news.signings.empty()) return;
  std::string text = fmt::format("since you last looked, others signed as {}:", id->text());
  const std::size_t shown = std::min(news.signings.size(), kMostTold);
  for (std::size_t i = 0; i < shown; ++i) text += signing_line(news.signings[i]);
  if (news.has_more) {
    text += "\n  and more before that";
  } else if (shown < news.signings.size()) {
    text += fmt::format("\n  and {} more before that", news.signings.size() - shown);
  }
  out.warn(text +
           "\n  who should not have: mkt key revoke KEYID --reason-code compromised --reason WHY");
}

}  // namespace mkt
