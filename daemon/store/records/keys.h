// Keys: the public keys of publishers, as rows. A key is never deleted.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/utc_time.h"
#include "daemon/store/hold.h"
#include "daemon/store/records/log.h"

namespace mkt {

enum class KeyStatus { active, retired, revoked };
// Why a key was revoked; the names are those of RFC 5280.
enum class ReasonCode { unspecified, superseded, cessation, compromised };
std::string_view key_status_name(KeyStatus status);
std::string_view reason_code_name(ReasonCode code);
std::optional<KeyStatus> parse_key_status(std::string_view text);
std::optional<ReasonCode> parse_reason_code(std::string_view text);

// Used in `compromised_seq` for the number that the revocation's own entry will get.
inline constexpr std::int64_t kOwnNumber = std::numeric_limits<std::int64_t>::max();

struct KeyRecord {
  std::string key_id;
  std::string publisher_id;
  std::string public_key;  // base64
  std::string fingerprint;
  KeyStatus status = KeyStatus::active;
  UtcTime created_at;
  std::optional<UtcTime> expires_at;
  std::optional<UtcTime> revoked_at;
  std::string reason_code;  // a ReasonCode; empty while the key is active
  std::string reason;
  std::string revoked_by;  // Actor::who
  // For a compromised key: do not trust what was accepted with it at this seq or later.
  std::optional<std::int64_t> compromised_seq;
  // The key that endorsed this one (common/signing/key_proof.h), and its signature in base64.
  std::string endorsed_by;
  std::string endorsement;
  std::int64_t added_seq = 0;
  // The publisher's earlier name for the key (KeyName); empty where there is none. Unique among all
  // keys, for ever.
  std::string alias = {};
};

// Keys with the number of the newest change to any key.
struct KeyList {
  std::int64_t sequence = 0;
  std::vector<KeyRecord> keys;
};

class Keys {
 public:
  virtual ~Keys() = default;

  virtual std::optional<KeyRecord> find(std::string_view key_id, Hold hold = Hold::none) const = 0;
  // An alias or a fingerprint belongs to one key for ever, so these reads need no hold.
  virtual std::optional<KeyRecord> find_by_alias(std::string_view alias) const = 0;
  virtual std::optional<std::string> id_of_fingerprint(std::string_view fingerprint) const = 0;
  virtual std::vector<KeyRecord> of_publisher(std::string_view publisher_id) const = 0;
  // Keys that changed after that number (0: all keys), sorted by key id.
  virtual KeyList changed_since(std::int64_t sequence) const = 0;

  virtual void insert(const KeyRecord& key, EntryRef added) = 0;
  // Writes status, revoked_at, reason_code, reason, revoked_by and compromised_seq. Replaces
  // kOwnNumber by the number of `ended`.
  virtual void end(const KeyRecord& key, EntryRef ended) = 0;
};

}  // namespace mkt
