#include "daemon/web/sessions.h"

#include <sodium.h>

#include "common/base/encoding.h"
#include "common/connector/checksum.h"

namespace mkt {
namespace {

constexpr std::size_t kIdBytes = 32;

std::string hash_of_id(std::string_view id) { return Checksum::of(as_bytes(id)).hex(); }

}  // namespace

bool same_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool Sessions::is_over(const Entry& entry, UtcTime now) const {
  return now >= entry.began + kLongest || now >= entry.used + kIdle;
}

void Sessions::make_room(const std::string& token_id, UtcTime now) {
  std::erase_if(entries_, [&](const auto& named) { return is_over(named.second, now); });
  std::size_t of_token = 0;
  auto oldest = entries_.end();
  auto oldest_of_token = entries_.end();
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    if (oldest == entries_.end() || it->second.used < oldest->second.used) oldest = it;
    if (it->second.session.token_id != token_id) continue;
    ++of_token;
    if (oldest_of_token == entries_.end() || it->second.used < oldest_of_token->second.used) {
      oldest_of_token = it;
    }
  }
  if (of_token >= kMaxOfToken) {
    entries_.erase(oldest_of_token);
  } else if (entries_.size() >= kMaxSessions) {
    entries_.erase(oldest);
  }
}

std::string Sessions::begin(const std::string& token_id) {
  std::string id = random_hex(kIdBytes);
  const UtcTime now = now_();
  Entry entry{{token_id, random_hex(kIdBytes)}, now, now};
  const std::lock_guard lock(mutex_);
  make_room(token_id, now);
  entries_.insert_or_assign(hash_of_id(id), std::move(entry));
  return id;
}

std::optional<Session> Sessions::find(std::string_view id) {
  if (id.size() != 2 * kIdBytes) return std::nullopt;
  const std::string hash = hash_of_id(id);
  const UtcTime now = now_();
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(hash);
  if (found == entries_.end()) return std::nullopt;
  if (is_over(found->second, now)) {
    entries_.erase(found);
    return std::nullopt;
  }
  found->second.used = now;
  return found->second.session;
}

void Sessions::end(std::string_view id) {
  const std::string hash = hash_of_id(id);
  const std::lock_guard lock(mutex_);
  entries_.erase(hash);
}

}  // namespace mkt
