// Trust: decides whether a tarball was signed by its publisher with a trustworthy key.
//
// The signature must be right, and by a key that the registry lists. A key that was retired, or
// revoked for a reason other than a compromise, still vouches for what it signed. A compromised key
// only vouches for what the registry accepted before `compromisedSequence`, by the registry's own
// order of events. Where the user pinned a key of the publisher (pins.h), the key must be that one
// or its successor by endorsements; with `require_pin`, a publisher without a pin is refused. Use
// from one thread.
#pragma once

#include "cli/client/key_book.h"
#include "cli/client/pins.h"
#include "common/base/result.h"
#include "common/signing/signature_file.h"
#include "common/wire/messages.h"

namespace mkt {

struct Trusted {
  wire::KeyInfo key;
  std::string remark;  // that the key is retired or revoked; empty where there is nothing to say
};

class Trust {
 public:
  Trust(KeyBook book, Pins pins, bool require_pin)
      : book_(std::move(book)), pins_(std::move(pins)), require_pin_(require_pin) {}

  // `accepted_sequence` is when the registry accepted the signature; nullopt or 0 where that is
  // unknown, as for a file from elsewhere. key_unknown, checksum_mismatch, signature_invalid,
  // key_revoked, key_untrusted, pinned_key_changed.
  Result<Trusted> check(const SignatureFile& signature, const Checksum& checksum,
                        std::optional<std::int64_t> accepted_sequence) const;

  const KeyBook& book() const { return book_; }

 private:
  Status check_pins(const PublisherId& publisher, const PublicKey& key,
                    const wire::KeyInfo& info) const;

  KeyBook book_;
  Pins pins_;
  bool require_pin_;
};

bool is_compromised(const wire::KeyInfo& key);

// "retired on 2026-01-31", "revoked on … by admin (superseded): new laptop"; empty for an active
// key.
std::string describe_end(const wire::KeyInfo& key);

}  // namespace mkt
