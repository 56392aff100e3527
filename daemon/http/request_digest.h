// Decides whether two requests under one Idempotency-Key are the same request.
//
// They are when the method, the path, the query (sorted by parameter name) and the body agree. A
// JSON body of at most kMaxSmallBodyBytes is compared as a document: the order of members, white
// space and the spelling of numbers do not matter. Any other body is compared by its length and by
// a hash of its bytes, computed as they arrive.
//
// A digest has one of these forms:
//
//   2:json:<hex>      of a document
//   2:<length>:<hex>  of bytes
//   <hex>             of bytes, by an earlier mktd, without the query
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "common/connector/checksum.h"
#include "daemon/http/request_head.h"

namespace mkt {

// For a request whose whole body, of at most kMaxSmallBodyBytes, is in memory.
std::string small_request_digest(const RequestHead& head, std::string_view body);

// For a request whose body is hashed as it arrives.
class PassingDigest {
 public:
  // With `like`, it has the same form as that digest, where an earlier mktd made it.
  PassingDigest(const RequestHead& head, std::uint64_t length, std::string_view like = {});
  void update(std::span<const std::uint8_t> bytes) { hasher_.update(bytes); }
  std::string finish();

 private:
  std::string prefix_;
  Hasher hasher_;
};

bool is_digest_of_before(std::string_view digest);

// False where no body of this length can have the digest; then the body need not be read.
bool may_have_length(std::string_view digest, std::uint64_t length);

}  // namespace mkt
