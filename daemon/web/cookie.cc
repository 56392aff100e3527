#include "daemon/web/cookie.h"

#include <fmt/format.h>

#include "common/base/text.h"
#include "daemon/web/sessions.h"

namespace mkt {
namespace {

constexpr std::string_view kPlainName = "mkt-session";
constexpr std::string_view kHostName = "__Host-mkt-session";

// A proxy may speak https and mktd http. Then the browser itself says how it came: with a form it
// sends the origin of the form's page, which was compared with the host before.
bool came_by_https(const RequestHead& head) {
  return head.came_by_tls || lower_case(head.header("origin")).starts_with("https://");
}

std::string set_cookie(const RequestHead& head, std::string_view id, std::int64_t seconds) {
  const bool https = came_by_https(head);
  return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}{}",
                     https ? kHostName : kPlainName, id, seconds, https ? "; Secure" : "");
}

std::string_view cookie_named(std::string_view cookies, std::string_view name) {
  while (!cookies.empty()) {
    const std::string_view one = trim(cookies.substr(0, cookies.find(';')));
    cookies.remove_prefix(std::min(cookies.find(';'), cookies.size() - 1) + 1);
    const std::size_t equals = one.find('=');
    if (equals != std::string_view::npos && one.substr(0, equals) == name) {
      return one.substr(equals + 1);
    }
  }
  return {};
}

}  // namespace

std::string_view session_cookie(const RequestHead& head) {
  for (const std::string_view name : {kHostName, kPlainName}) {
    for (const auto& [field, value] : head.headers) {
      if (field != "cookie") continue;
      if (const std::string_view id = cookie_named(value, name); !id.empty()) return id;
    }
  }
  return {};
}

std::string set_session_cookie(const RequestHead& head, std::string_view id) {
  return set_cookie(head, id, std::chrono::seconds(Sessions::kLongest).count());
}

std::string clear_session_cookie(const RequestHead& head) { return set_cookie(head, "", 0); }

}  // namespace mkt
