#include "daemon/rules/key_rules.h"

#include <fmt/format.h>

namespace mkt {
namespace {

std::string with_reason(std::string text, const std::string& reason) {
  return reason.empty() ? text : text + ": " + reason;
}

}  // namespace

Status may_publish(const PublisherRecord& p) {
  switch (p.status) {
    case PublisherStatus::active:
      return {};
    case PublisherStatus::suspended:
      return Error(
          ErrorCode::publisher_suspended,
          with_reason(fmt::format("the publisher {} is suspended", p.id), p.status_reason));
    case PublisherStatus::banned:
      return Error(ErrorCode::publisher_banned,
                   with_reason(fmt::format("the publisher {} is banned", p.id), p.status_reason));
  }
  return Error(ErrorCode::internal_error, "a publisher has no known status");
}

bool is_expired(const KeyRecord& key, UtcTime now) {
  return key.status == KeyStatus::active && key.expires_at && *key.expires_at <= now;
}

Status may_sign(const KeyRecord& key, const std::optional<PublisherRecord>& publisher,
                UtcTime now) {
  if (key.status == KeyStatus::revoked) {
    return Error(
        ErrorCode::key_revoked,
        with_reason(fmt::format("the key {} was revoked on {} ({})", key.key_id,
                                format_utc(key.revoked_at.value_or(UtcTime())), key.reason_code),
                    key.reason));
  }
  if (key.status == KeyStatus::retired) {
    return Error(ErrorCode::key_retired,
                 fmt::format("the key {} was retired by a rotation; sign with the publisher's new "
                             "one: mkt publisher show {}",
                             key.key_id, key.publisher_id));
  }
  if (is_expired(key, now)) {
    return Error(ErrorCode::key_expired,
                 fmt::format("the key {} expired on {}", key.key_id, format_utc(*key.expires_at)));
  }
  if (!publisher) return unknown_key(key.key_id);
  return may_publish(*publisher);
}

Error no_publisher(std::string_view id) {
  return Error(ErrorCode::publisher_not_found, fmt::format("there is no publisher {}", id));
}

Error unknown_key(std::string_view key_id) {
  return Error(ErrorCode::key_unknown,
               fmt::format("the registry knows no key {}; list the publisher's: mkt publisher show "
                           "{}",
                           key_id, key_id.substr(0, key_id.find(':'))));
}

}  // namespace mkt
