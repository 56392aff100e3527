// Idempotency-Key (the IETF httpapi draft of that name): a POST that may be sent again.
//
// A caller with a token may name a POST by a key of its own. The first answer is kept for
// kKeptFor and given to every retry; the same key with another body is idempotency_key_reused, and
// while the first is still at work, in_progress. Kept are answers that a retry would not change:
// success, 403, 404 and 409, of at most kMaxAnswerBytes, and none that hold a secret. Whatever the
// POST changes commits together with the key, so that a crash before the answer was kept cannot
// make a retry do it twice: then the answer is answer_lost, or, where doing it again changes
// nothing, what it would have been.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "daemon/http/message.h"

namespace mkt {

class Idempotency {
 public:
  static constexpr std::chrono::hours kKeptFor{24};
  static constexpr std::size_t kMaxKeyBytes = 255;
  static constexpr std::size_t kMaxAnswerBytes = 64 * 1024;

  explicit Idempotency(const Marketplace& market) : market_(market) {}
  Idempotency(const Idempotency&) = delete;
  Idempotency& operator=(const Idempotency&) = delete;

  using Dispatch = std::function<Result<Response>(Request&)>;
  // Answers by `dispatch`, or with what was kept. Any thread.
  Result<Response> answer(Request& request, const Dispatch& dispatch);

 private:
  using Name = std::pair<std::string, std::string>;  // scope and key
  class InFlight;

  Result<Response> keep(const IdempotencyKey& key, Result<Response> answered,
                        const std::string& request_id);

  const Marketplace& market_;
  std::mutex mutex_;
  std::set<Name> in_flight_;  // guarded by mutex_
};

}  // namespace mkt
