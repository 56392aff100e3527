#include "daemon/http/idempotency.h"

#include "daemon/http/error_body.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/encoding.h"
#include "common/base/json.h"
#include "daemon/http/fields.h"
#include "daemon/http/request_digest.h"
#include "daemon/http/text_body.h"
#include "daemon/service/first_answers.h"

namespace mkt {
namespace {

// A retry need not wait long; clients of the older protocol are told this time.
constexpr std::chrono::seconds kAskAgainAfter{5};
constexpr std::size_t kPieceBytes = 64 * 1024;

Error reused() {
  return Error(ErrorCode::idempotency_key_reused,
               "this Idempotency-Key was used for another request; use a new one");
}

// Passes the body on. When all of it was read, the key gets the request's digest. If that is not
// the `expected` one, the last piece is withheld, so nobody acts on the body.
class HashingBody : public BodyReader {
 public:
  HashingBody(const RequestHead& head, BodyReader& body, IdempotencyKey& key,
              std::string expected = {})
      : body_(body),
        key_(key),
        digest_(head, body.length(), expected),
        expected_(std::move(expected)) {}

  std::uint64_t length() const override { return body_.length(); }

  Result<std::size_t> read(std::span<std::uint8_t> into) override {
    if (read_ == length()) return std::size_t{0};
    MKT_TRY(const std::size_t n, body_.read(into));
    digest_.update(into.first(n));
    read_ += n;
    if (read_ < length()) return n;
    key_.request_hash = digest_.finish();
    if (!expected_.empty() && key_.request_hash != expected_) return reused();
    return n;
  }

 private:
  BodyReader& body_;
  IdempotencyKey& key_;
  PassingDigest digest_;
  std::string expected_;
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

// The value of the header with the key.
std::string_view key_of(const RequestHead& head) {
  const std::string_view older = head.header("x-idempotency-key");
  return older.empty() ? head.header("idempotency-key") : older;
}

Response replay(const FirstAnswer& first, const std::string& key) {
  Response response;
  response.status = first.status;
  response.content_type = first.content_type;
  response.body = first.body;
  response.headers.emplace_back("Idempotency-Replayed", "true");
  response.headers.emplace_back("X-Idempotency-Replayed", "true");
  response.headers.emplace_back("X-Idempotency-Key", key);
  return response;
}

// In the form of the older protocol: with the key, and when to ask again.
Response in_progress(const IdempotencyKey& key, const std::string& request_id) {
  Error error(ErrorCode::in_progress,
              "a request with this Idempotency-Key is being answered; ask again in a moment");
  error.retry_after = kAskAgainAfter;
  Response response = error_response(error, request_id);
  Json body = *parse_json(response.body, "an error");
  body["error"] = "Request in progress";
  body["key"] = key.key;
  response.body = dump_json(body);
  return response;
}

// Only a final answer is kept: the reason for any other may be over when the request comes again.
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

// Marks the key as in use while its request is being processed.
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

Result<Response> Idempotency::answer(Request& request, const Dispatch& dispatch,
                                     const Gates& gates) {
  const std::string_view name = key_of(request.head);
  if (request.head.method != "POST" || name.empty() || !request.caller.signed_in()) {
    return dispatch(request);
  }
  MKT_CHECK(check_key(name));
  const UtcTime now = market_.now();
  const auto key = std::make_shared<IdempotencyKey>(
      IdempotencyKey{request.caller.token_id, std::string(name), "", now, now + kKeptFor});
  const InFlight in_flight(*this, {key->scope, key->key});
  if (!in_flight.entered()) return in_progress(*key, request.caller.request_id);
  MKT_TRY(const auto first, find_first_answer(market_, *key));
  return first ? again(request, key, *first, dispatch, gates) : first_time(request, key, dispatch);
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
  // Counted once for as many requests as there is room for, as counting takes longer the more there
  // are.
  MKT_TRY(const std::size_t keys, count_live_keys(market_, key));
  if (keys < kMaxKeys) {
    const std::lock_guard lock(mutex_);
    room_[key.scope] = kMaxKeys - keys - 1;
    return {};
  }
  return Error(ErrorCode::rate_limited,
               fmt::format("this token has used {} keys for Idempotency-Key in {} hours, which is "
                           "the most that are kept; send the request without a key, or later",
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
  } else if (answered.error().code != ErrorCode::answer_lost) {
    keep(*key, error_response(answered.error(), failed_request(keyed)));
  } else {
    MKT_TRY(const bool may_come, is_being_answered(*key));
    if (may_come) return in_progress(*key, request.caller.request_id);
  }
  return answered;
}

// Whether another daemon has made the change just now, and may still keep its answer.
Result<bool> Idempotency::is_being_answered(const IdempotencyKey& key) const {
  if (!market_.is_shared()) return false;
  MKT_TRY(const auto first, find_first_answer(market_, key));
  if (!first) return false;
  return first->status != 0 || market_.now() < first->expires_at - kKeptFor + kKeepsWithin;
}

Result<Response> Idempotency::first_time(Request& request,
                                         const std::shared_ptr<IdempotencyKey>& key,
                                         const Dispatch& dispatch) {
  MKT_CHECK(require_room(*key));
  // A handler may ignore the body, but the key must have its digest before anything changes under
  // it.
  if (request.body.length() > kMaxSmallBodyBytes) {
    HashingBody hashed(request.head, request.body, *key);
    return dispatch_keyed(request, hashed, key, dispatch);
  }
  MKT_TRY(std::string text, read_body(request.body, kMaxSmallBodyBytes));
  key->request_hash = small_request_digest(request.head, text);
  TextBody body(std::move(text));
  return dispatch_keyed(request, body, key, dispatch);
}

Result<Response> Idempotency::again(Request& request, const std::shared_ptr<IdempotencyKey>& key,
                                    const FirstAnswer& first, const Dispatch& dispatch,
                                    const Gates& gates) {
  const std::uint64_t length = request.body.length();
  const bool small = length <= kMaxSmallBodyBytes;
  const bool answered = first.status != 0;
  if (!small && !answered && may_have_length(first.request_hash, length)) {
    // The change was made but never answered: the daemon crashed in between.
    HashingBody checked(request.head, request.body, *key, first.request_hash);
    return dispatch_keyed(request, checked, key, dispatch);
  }
  if (answered) MKT_CHECK(gates(request));
  if (!may_have_length(first.request_hash, length)) return reused();
  request.body.only_compare();
  if (!small) {
    HashingBody checked(request.head, request.body, *key, first.request_hash);
    Bytes piece(kPieceBytes);
    for (std::size_t n = 1; n > 0;) {
      MKT_TRY(n, checked.read(piece));
    }
    return replay(first, key->key);
  }
  MKT_TRY(std::string text, read_body(request.body, kMaxSmallBodyBytes));
  if (is_digest_of_before(first.request_hash)) {
    PassingDigest digest(request.head, length, first.request_hash);
    digest.update(as_bytes(text));
    key->request_hash = digest.finish();
  } else {
    key->request_hash = small_request_digest(request.head, text);
  }
  if (key->request_hash != first.request_hash) return reused();
  if (answered) return replay(first, key->key);
  TextBody body(std::move(text));
  return dispatch_keyed(request, body, key, dispatch);
}

// The request has been processed, so the client gets its answer even if keeping it fails.
void Idempotency::keep(const IdempotencyKey& key, const Response& response) {
  if (key.request_hash.empty() || !may_be_kept(response)) return;
  const auto kept = [&]() -> Status {
    if (response.status / 100 != 2) {
      MKT_TRY(const auto spent, find_first_answer(market_, key));
      if (!spent) return {};
    }
    return keep_first_answer(
        market_, key, {key.request_hash, response.status, response.content_type, response.body});
  }();
  if (!kept) report_(kept.error());
}

}  // namespace mkt
