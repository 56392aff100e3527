#include "cli/client/trust.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/utf8.h"
#include "common/signing/key_proof.h"

namespace mkt {
namespace {

// If a publisher rotated more often since the user last looked, the user has to look again.
constexpr int kMaxEndorsements = 100;

// The public key of an entry, where its id matches.
Result<PublicKey> key_of(const wire::KeyInfo& info) {
  MKT_TRY(const KeyId id, KeyId::parse(info.key_id));
  MKT_TRY(const PublicKey key, PublicKey::from_base64(info.public_key));
  if (KeyId::of(id.publisher(), key.fingerprint()) == id) return key;
  return Error(ErrorCode::signature_invalid,
               fmt::format("the registry's key for {} does not match that id", id.text()));
}

// Can we trust what the key did at that moment?
bool stands_at(const wire::KeyInfo& key, std::optional<std::int64_t> sequence) {
  if (!is_compromised(key)) return true;
  return sequence.value_or(0) > 0 && *sequence < key.compromised_sequence.value_or(0);
}

}  // namespace

bool is_compromised(const wire::KeyInfo& key) {
  return key.status == "revoked" && key.reason_code == "compromised";
}

std::string describe_end(const wire::KeyInfo& key) {
  if (key.status == "active") return {};
  if (key.status == "expired") {
    return "expired on " + printable(key.expires_at.value_or("").substr(0, 10));
  }
  std::string text = printable(key.status);
  if (key.revoked_at) text += " on " + printable(key.revoked_at->substr(0, 10));
  if (!key.revoked_by.empty()) text += " by " + printable(key.revoked_by);
  if (!key.reason_code.empty()) text += fmt::format(" ({})", printable(key.reason_code));
  if (!key.reason.empty()) text += ": " + printable(key.reason);
  return text;
}

Result<Trusted> Trust::check(const SignatureFile& signature, const Checksum& checksum,
                             std::optional<std::int64_t> accepted_sequence) const {
  const std::string& id = signature.key_id.text();
  MKT_TRY(const auto info, book_.find_named(signature.key_id));
  if (!info) {
    return Error(
        ErrorCode::key_unknown,
        fmt::format(
            "the registry knows no key {}, so it does not vouch for the signer of the tarball",
            id));
  }
  MKT_TRY(const PublicKey key, key_of(*info));
  MKT_CHECK(verify_signature(signature, checksum, key));
  if (!stands_at(*info, accepted_sequence)) {
    return Error(ErrorCode::key_revoked,
                 fmt::format("the key {} was {}; nothing vouches for what it signed", id,
                             describe_end(*info)));
  }
  MKT_TRY(const PublisherId publisher, PublisherId::parse(info->publisher_id));
  MKT_CHECK(check_pins(publisher, key, *info));
  // An expired key is still good for what it signed before.
  std::string remark = info->status == "expired" ? std::string() : describe_end(*info);
  if (!remark.empty()) remark = fmt::format("the key {} was {}", id, remark);
  return Trusted{*info, std::move(remark)};
}

Status Trust::check_pins(const PublisherId& publisher, const PublicKey& key,
                         const wire::KeyInfo& info) const {
  const std::vector<PublicKey> pinned = pins_.of(publisher);
  const auto is_pinned = [&](const PublicKey& k) {
    return std::find(pinned.begin(), pinned.end(), k) != pinned.end();
  };
  if (is_pinned(key)) return {};
  if (pinned.empty()) {
    if (!require_pin_) return {};
    return Error(
        ErrorCode::key_untrusted,
        fmt::format(
            "you trust no key of {} yet, and only trusted keys are accepted; when the publisher "
            "has confirmed the fingerprint, run: mkt key trust {} --fingerprint {}",
            publisher.text(), publisher.text(), key.fingerprint()));
  }
  // From successor to predecessor, until a pinned one.
  wire::KeyInfo successor = info;
  PublicKey successor_key = key;
  for (int i = 0; i < kMaxEndorsements && !successor.endorsed_by.empty(); ++i) {
    MKT_TRY(const auto endorser, book_.find(successor.endorsed_by));
    const auto signature = parse_signature(successor.endorsement);
    if (!endorser || !signature || !stands_at(*endorser, successor.added_sequence)) break;
    MKT_TRY(const PublicKey endorser_key, key_of(*endorser));
    if (!endorser_key.verifies(endorsement_text(publisher, endorser_key, successor_key),
                               *signature)) {
      break;
    }
    if (is_pinned(endorser_key)) return {};
    successor = *endorser;
    successor_key = endorser_key;
  }
  std::string known;
  for (const PublicKey& k : pinned) known += (known.empty() ? "" : ", ") + k.fingerprint();
  return Error(
      ErrorCode::pinned_key_changed,
      fmt::format(
          "{} signed with the key {}, but you trust {}, and no rotation leads from that key to it; "
          "if the publisher confirms the new key, run: mkt key trust {} --fingerprint {}",
          publisher.text(), key.fingerprint(), known, publisher.text(), key.fingerprint()));
}

}  // namespace mkt
