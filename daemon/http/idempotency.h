// Idempotency-Key (the IETF httpapi draft with that name): makes it safe to send a POST again.
//
// A caller with a token may give a POST a key of its own, in X-Idempotency-Key as clients of the
// older protocol do, or else in Idempotency-Key. The first answer is kept for kKeptFor, and every
// retry gets it. The same key with another request (request_digest.h) gets idempotency_key_reused;
// while the first request is still being processed, a retry gets in_progress, also from another
// daemon of the same store.
//
// A retry counts for its route's limits like any request. Its body is never larger than the first,
// is hashed as it arrives, and takes no slot of the bodies that are stored. Successes are kept, and
// failures where something was changed under the key nevertheless, up to kMaxAnswerBytes and
// without a secret; what changed nothing may be tried again. A caller may have kMaxKeys at a time.
// The changes of a POST commit together with its key. So after a crash before the answer was kept,
// a retry does not repeat them: it gets answer_lost or, where a repetition changes nothing, the
// original answer.
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
  // Where other daemons share the store: how long one may take from its change to the answer that
  // it keeps. After that it is taken to have died in between.
  static constexpr std::chrono::seconds kKeepsWithin{30};
  static constexpr std::size_t kMaxKeyBytes = 255;
  static constexpr std::size_t kMaxAnswerBytes = 64 * 1024;

  static constexpr std::size_t kMaxKeys = 10'000;  // per token, within kKeptFor

  // Receives the error where an answer could not be kept; the client gets the answer nevertheless.
  using Report = std::function<void(const Error&)>;

  Idempotency(const Marketplace& market, Report report)
      : market_(market), report_(std::move(report)) {}
  Idempotency(const Idempotency&) = delete;
  Idempotency& operator=(const Idempotency&) = delete;

  using Dispatch = std::function<Result<Response>(Request&)>;
  // Checks the limits of the route, for an answer given without `dispatch`.
  using Gates = std::function<Status(Request&)>;
  // Answers by `dispatch`, or with the kept answer. Any thread.
  Result<Response> answer(Request& request, const Dispatch& dispatch, const Gates& gates);

 private:
  using Name = std::pair<std::string, std::string>;  // scope and key
  class InFlight;

  Result<Response> first_time(Request& request, const std::shared_ptr<IdempotencyKey>& key,
                              const Dispatch& dispatch);
  Result<Response> again(Request& request, const std::shared_ptr<IdempotencyKey>& key,
                         const FirstAnswer& first, const Dispatch& dispatch, const Gates& gates);
  Result<bool> is_being_answered(const IdempotencyKey& key) const;
  Result<Response> dispatch_keyed(Request& request, BodyReader& body,
                                  const std::shared_ptr<IdempotencyKey>& key,
                                  const Dispatch& dispatch);
  // Keeps the answer, where it may be kept.
  void keep(const IdempotencyKey& key, const Response& response);
  Status require_room(const IdempotencyKey& key);

  const Marketplace& market_;
  const Report report_;
  std::mutex mutex_;
  std::set<Name> in_flight_;  // guarded by mutex_
  // How many new keys a token may use before they are counted again, by its id. Guarded by mutex_.
  std::map<std::string, std::size_t> room_;
};

}  // namespace mkt
