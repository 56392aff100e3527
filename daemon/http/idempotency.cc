// Requests under a key; see idempotency.h.
#include "daemon/http/idempotency.h"

#include "daemon/http/error_body.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/encoding.h"
#include "common/connector/checksum.h"
#include "daemon/http/fields.h"
#include "daemon/http/text_body.h"

namespace mkt {
namespace {

// Passes the body on; once all of it was read, the key has the hash of method, path and body.
class HashingBody : public BodyReader {
 public:
  HashingBody(const RequestHead& head, BodyReader& body, IdempotencyKey& key)
      : body_(body), key_(key) {
    hasher_.update(as_bytes(fmt::format("{} {}\n", head.method, head.path)));
    finish_at_end();
  }

  std::uint64_t length() const override { return body_.length(); }

  Result<std::size_t> read(std::span<std::uint8_t> into) override {
    if (read_ == length()) return std::size_t{0};
    MKT_TRY(const std::size_t n, body_.read(into));
    hasher_.update(into.first(n));
    read_ += n;
    finish_at_end();
    return n;
  }

 private:
  void finish_at_end() {
    if (read_ == length()) key_.request_hash = hasher_.finish().hex();
  }

  BodyReader& body_;
  IdempotencyKey& key_;
  Hasher hasher_;
  std::uint64_t read_ = 0;
};

Status check_key(std::string_view key) {
  const bool plain =
      std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (plain && key.size() <= Idempotency::kMaxKeyBytes) return {};
  return Error(ErrorCode::invalid_request,
               fmt::format("Idempotency-Key must have 1 to {} characters, none of them a blank",
                           Idempotency::kMaxKeyBytes));
}

Response replay(const FirstAnswer& first) {
  Response response;
  response.status = first.status;
  response.content_type = first.content_type;
  response.body = first.body;
  response.headers.emplace_back("Idempotency-Replayed", "true");
  return response;
}

// Would a retry get the same answer anyway, or one about things that have changed since?
bool may_be_kept(const Response& r) {
  const bool final_answer =
      r.status / 100 == 2 || r.status == 403 || r.status == 404 || r.status == 409;
  const bool is_secret = std::any_of(r.headers.begin(), r.headers.end(), [](const auto& header) {
    return header.first == "Cache-Control" && header.second == "no-store";
  });
  return final_answer && !is_secret && !r.file && !r.shared_body &&
         r.body.size() <= Idempotency::kMaxAnswerBytes;
}

}  // namespace

// The key's place while its request is at work.
class Idempotency::InFlight {
 public:
  InFlight(Idempotency& owner, Name name) : owner_(owner), name_(std::move(name)) {
    const std::lock_guard lock(owner_.mutex_);
    entered_ = owner_.in_flight_.insert(name_).second;
  }
  ~InFlight() {
    if (!entered_) return;
    const std::lock_guard lock(owner_.mutex_);
    owner_.in_flight_.erase(name_);
  }
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;
  bool entered() const { return entered_; }

 private:
  Idempotency& owner_;
  Name name_;
  bool entered_ = false;
};

Result<Response> Idempotency::answer(Request& request, const Dispatch& dispatch) {
  const std::string_view name = request.head.header("idempotency-key");
  if (request.head.method != "POST" || name.empty() || !request.caller.signed_in()) {
    return dispatch(request);
  }
  MKT_CHECK(check_key(name));
  const UtcTime now = market_.now();
  const auto key = std::make_shared<IdempotencyKey>(
      IdempotencyKey{request.caller.token_id, std::string(name), "", now, now + kKeptFor});
  const InFlight in_flight(*this, {key->scope, key->key});
  if (!in_flight.entered()) {
    return Error(ErrorCode::in_progress,
                 "a request with this Idempotency-Key is being answered; ask again in a second");
  }
  MKT_TRY(const auto first, market_.store.first_answer(key->scope, key->key, now));
  return first ? again(request, key, *first, dispatch) : first_time(request, key, dispatch);
}

Status Idempotency::require_room(const IdempotencyKey& key) {
  {
    const std::lock_guard lock(mutex_);
    const auto left = room_.find(key.scope);
    if (left != room_.end() && left->second > 0) {
      --left->second;
      return {};
    }
  }
  // Counted once for as many requests as there is room for: counting takes the longer the more
  // there are.
  MKT_TRY(const std::size_t keys, market_.store.live_keys(key.scope, key.at));
  if (keys < kMaxKeys) {
    const std::lock_guard lock(mutex_);
    room_[key.scope] = kMaxKeys - keys - 1;
    return {};
  }
  return Error(ErrorCode::rate_limited,
               fmt::format("this token has used {} keys for Idempotency-Key in {} hours, which is "
                           "as many as are kept; send without one, or later",
                           kMaxKeys, kKeptFor.count()));
}

Result<Response> Idempotency::dispatch_keyed(Request& request, BodyReader& body,
                                             const std::shared_ptr<IdempotencyKey>& key,
                                             const Dispatch& dispatch) {
  Caller caller = request.caller;
  caller.idempotency = key;
  Request keyed{request.head, body, std::move(caller), {}};
  auto answered = dispatch(keyed);
  request.route = keyed.route;
  request.answer_headers = std::move(keyed.answer_headers);
  if (answered) {
    keep(*key, *answered);
  } else {
    keep(*key, error_response(answered.error(), failed_request(keyed)));
  }
  return answered;
}

Result<Response> Idempotency::first_time(Request& request,
                                         const std::shared_ptr<IdempotencyKey>& key,
                                         const Dispatch& dispatch) {
  MKT_CHECK(require_room(*key));
  HashingBody hashed(request.head, request.body, *key);
  // A handler may have no use for the body, and the key must have its hash before anything is
  // changed under it.
  if (hashed.length() > kMaxSmallBodyBytes) return dispatch_keyed(request, hashed, key, dispatch);
  MKT_TRY(std::string text, read_body(hashed, kMaxSmallBodyBytes));
  TextBody body(std::move(text));
  return dispatch_keyed(request, body, key, dispatch);
}

Result<Response> Idempotency::again(Request& request, const std::shared_ptr<IdempotencyKey>& key,
                                    const FirstAnswer& first, const Dispatch& dispatch) {
  HashingBody hashed(request.head, request.body, *key);
  MKT_TRY(std::string text, read_body(hashed, market_.limits().json_body_bytes));
  if (first.request_hash != key->request_hash) {
    return Error(ErrorCode::idempotency_key_reused,
                 "this Idempotency-Key was used for another request; take a new one");
  }
  if (first.status != 0) return replay(first);
  // Done, but never answered: a crash came between.
  TextBody body(std::move(text));
  return dispatch_keyed(request, body, key, dispatch);
}

// What failed here has been done: the client is told of that, whatever becomes of the retries.
void Idempotency::keep(const IdempotencyKey& key, const Response& response) {
  if (key.request_hash.empty() || !may_be_kept(response)) return;
  const auto kept = [&]() -> Status {
    if (response.status / 100 != 2) {
      MKT_TRY(const auto spent, market_.store.first_answer(key.scope, key.key, key.at));
      if (!spent) return {};
    }
    return market_.store.keep_first_answer(
        key, {key.request_hash, response.status, response.content_type, response.body});
  }();
  if (!kept) report_(kept.error());
}

}  // namespace mkt
