#include "daemon/http/answer_cache.h"

namespace mkt {
namespace {

// Roughly the size of the path, the two heads and the map's own memory.
constexpr std::size_t kOverheadBytes = 1024;

}  // namespace

std::shared_ptr<const KeptAnswer> AnswerCache::find(std::string_view path) {
  const std::lock_guard lock(mutex_);
  if (const auto it = young_.find(path); it != young_.end()) {
    return it->second->same_while.holds() ? it->second : nullptr;
  }
  const auto it = old_.find(path);
  if (it == old_.end() || !it->second->same_while.holds()) return nullptr;
  auto found = it->second;
  insert(std::string(path), found);
  return found;
}

void AnswerCache::keep(const std::string& path, std::shared_ptr<const KeptAnswer> answer) {
  if (answer->answer.length() > kMaxAnswerBytes) return;
  const std::lock_guard lock(mutex_);
  insert(path, std::move(answer));
}

void AnswerCache::insert(const std::string& path, std::shared_ptr<const KeptAnswer> answer) {
  const std::size_t size = kOverheadBytes + answer->answer.length();
  if (young_bytes_ + size > kMaxBytes / 2) {
    old_ = std::exchange(young_, {});
    young_bytes_ = 0;
  }
  if (young_.insert_or_assign(path, std::move(answer)).second) young_bytes_ += size;
}

}  // namespace mkt
