// A stored list of keys in its own folder, written as KeyBook writes it.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "cli/client/key_book.h"
#include "common/base/files.h"

namespace mkt {

inline const std::string kOrigin = "http://127.0.0.1:3456";

struct KeyBookFixture {
  KeyBookFixture()
      : folder(*TemporaryFolder::create(std::filesystem::temp_directory_path(), "mkt-keys-")) {}

  // The n-th key of a publisher; always the same.
  static SecretKey secret(const std::string& publisher, int n) {
    std::array<std::uint8_t, SecretKey::kSeedSize> seed{};
    std::copy_n(publisher.begin(), std::min<std::size_t>(publisher.size(), 30), seed.begin());
    seed[31] = static_cast<std::uint8_t>(n);
    return SecretKey::from_seed(seed);
  }
  static wire::KeyInfo entry(const std::string& publisher, int n) {
    const PublicKey key = secret(publisher, n).public_key();
    wire::KeyInfo info;
    info.publisher_id = publisher;
    info.public_key = key.base64();
    info.fingerprint = key.fingerprint();
    info.key_id = KeyId::of(*PublisherId::parse(publisher), info.fingerprint).text();
    info.status = "active";
    info.created_at = "2026-01-01T00:00:00.000Z";
    info.added_sequence = n;
    return info;
  }

  std::filesystem::path keys_file() const { return folder.path() / "http+127.0.0.1:3456.keys"; }
  void write_seen(std::int64_t sequence, UtcTime checked_at) const {
    std::ofstream(folder.path() / "http+127.0.0.1:3456.seen")
        << dump_json({{"sequence", sequence}, {"checkedAt", format_utc(checked_at)}});
  }
  void write(std::int64_t sequence, std::vector<wire::KeyInfo> keys) const {
    std::sort(keys.begin(), keys.end(),
              [](const auto& a, const auto& b) { return a.key_id < b.key_id; });
    std::string lines;
    for (const auto& key : keys) lines += dump_json(key.to_json()) + "\n";
    std::ofstream(keys_file(), std::ios::trunc) << dump_json({{"format", "mkt keys 1"},
                                                              {"origin", kOrigin},
                                                              {"sequence", sequence},
                                                              {"bytes", lines.size()}})
                                                << '\n'
                                                << lines;
    write_seen(sequence, now);
  }

  UtcTime now = *parse_utc("2026-03-01T00:00:00Z");
  TemporaryFolder folder;
};

}  // namespace mkt
