// Who may do what, in general; see marketplace.h.
#include "daemon/service/marketplace.h"

#include <fmt/format.h>

namespace mkt {
namespace {

Error not_signed_in() {
  return Error(ErrorCode::unauthorized, "this needs a token; get one and run: mkt login");
}

}  // namespace

Actor Caller::actor() const {
  std::string who = "anonymous";
  if (signed_in()) {
    who = subject.empty() ? std::string(role_name(role))
                          : fmt::format("{}:{}", role_name(role), subject);
    who += fmt::format(" (token {})", token_id);
  }
  return {std::move(who), address, request_id};
}

Status require_admin(const Caller& caller) {
  if (!caller.signed_in()) return not_signed_in();
  if (!caller.is_admin()) return Error(ErrorCode::forbidden, "only an admin may do this");
  return {};
}

Status require_publisher_or_admin(const Caller& caller, const PublisherId& publisher) {
  if (!caller.signed_in()) return not_signed_in();
  if (caller.is_admin() || caller.is_publisher(publisher)) return {};
  return Error(ErrorCode::forbidden,
               fmt::format("your token is not one of the publisher {}", publisher.text()));
}

}  // namespace mkt
