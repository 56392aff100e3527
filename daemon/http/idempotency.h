// Idempotency-Key (the IETF httpapi draft of that name): a POST that may be sent again.
//
// A caller with a token may name a POST by a key of its own, in X-Idempotency-Key as clients of the
// older protocol do, or else in Idempotency-Key. The first answer is kept for kKeptFor and given to
// every retry; the same key with another request (request_digest.h) is idempotency_key_reused, and
// while the first is still at work, in_progress. A retry counts against its route's limits as any
// request does, is never larger than the first, and is hashed as it passes, without a place of
// those that are taken in. Kept are successes, and failures where something
// was changed under the key all the same, of at most kMaxAnswerBytes and none that hold a secret:
// what changed nothing may be asked again. A caller may have kMaxKeys at a time. Whatever the
// POST changes commits together with the key, so that a crash before the answer was kept cannot
// make a retry do it twice: then the answer is answer_lost, or, where doing it again changes
// nothing, what it would have been.
#pragma once

#include <chrono>
#include <functional>
#include <map>
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

  static constexpr std::size_t kMaxKeys = 10'000;  // of one token, in kKeptFor

  // Told of an answer that could not be kept; the client is given it all the same.
  using Report = std::function<void(const Error&)>;

  Idempotency(const Marketplace& market, Report report)
      : market_(market), report_(std::move(report)) {}
  Idempotency(const Idempotency&) = delete;
  Idempotency& operator=(const Idempotency&) = delete;

  using Dispatch = std::function<Result<Response>(Request&)>;
  // Asked of what is answered without `dispatch`: may it be, by the limits of its route?
  using Gates = std::function<Status(Request&)>;
  // Answers by `dispatch`, or with what was kept. Any thread.
  Result<Response> answer(Request& request, const Dispatch& dispatch, const Gates& gates);

 private:
  using Name = std::pair<std::string, std::string>;  // scope and key
  class InFlight;

  Result<Response> first_time(Request& request, const std::shared_ptr<IdempotencyKey>& key,
                              const Dispatch& dispatch);
  Result<Response> again(Request& request, const std::shared_ptr<IdempotencyKey>& key,
                         const FirstAnswer& first, const Dispatch& dispatch, const Gates& gates);
  Result<Response> dispatch_keyed(Request& request, BodyReader& body,
                                  const std::shared_ptr<IdempotencyKey>& key,
                                  const Dispatch& dispatch);
  // Keeps what is to be kept.
  void keep(const IdempotencyKey& key, const Response& response);
  Status require_room(const IdempotencyKey& key);

  const Marketplace& market_;
  const Report report_;
  std::mutex mutex_;
  std::set<Name> in_flight_;  // guarded by mutex_
  // New keys that a token may use before they are counted again, by its id. Guarded by mutex_.
  std::map<std::string, std::size_t> room_;
};

}  // namespace mkt
