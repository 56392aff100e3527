// What two requests must have in common to be one request under an Idempotency-Key.
//
// The method, the path, the query with its parameters in the order of their names, and the body. A
// body of at most kMaxSmallBodyBytes that is JSON is compared as a document: neither the order of
// members nor white space nor the spelling of a number counts. Any other body is compared by its
// length and its bytes, which are hashed as they pass.
//
// A digest is one of
//
//   2:json:<hex>      of a document
//   2:<length>:<hex>  of bytes
//   <hex>             of bytes, by an mktd of before, without the query
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "common/connector/checksum.h"
#include "daemon/http/request_head.h"

namespace mkt {

// Of a request whose whole body, of at most kMaxSmallBodyBytes, is there.
std::string small_request_digest(const RequestHead& head, std::string_view body);

// Of a request whose body passes by.
class PassingDigest {
 public:
  // `like`: made the way that this digest was, where it is one of an mktd of before.
  PassingDigest(const RequestHead& head, std::uint64_t length, std::string_view like = {});
  void update(std::span<const std::uint8_t> bytes) { hasher_.update(bytes); }
  std::string finish();

 private:
  std::string prefix_;
  Hasher hasher_;
};

bool is_digest_of_before(std::string_view digest);

// Could a body of that many bytes be the one that the digest is of? What could not need not be
// read.
bool may_have_length(std::string_view digest, std::uint64_t length);

}  // namespace mkt
