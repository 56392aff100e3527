// Key files with libsodium's Argon2id and XChaCha20-Poly1305.
#include "common/signing/key_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "common/base/encoding.h"
#include "common/base/files.h"
#include "common/base/pending_file.h"
#include "common/base/utf8.h"
#include "common/signing/secret_bytes.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".key";
constexpr std::uint64_t kMaxKeyFileBytes = 16 * 1024;
// libsodium's "moderate": about 0.7 s and 256 MiB each time the key is used.
constexpr std::uint64_t kOpsLimit = crypto_pwhash_OPSLIMIT_MODERATE;
constexpr std::uint64_t kMemLimit = crypto_pwhash_MEMLIMIT_MODERATE;
constexpr std::uint64_t kMaxMemLimit = crypto_pwhash_MEMLIMIT_SENSITIVE;
constexpr std::uint64_t kMaxOpsLimit = 16;

constexpr std::size_t kSaltBytes = crypto_pwhash_SALTBYTES;
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;

struct Protection {
  std::uint64_t ops_limit;
  std::uint64_t mem_limit;
  Bytes salt;
  Bytes nonce;
};

std::string associated_data(const KeyId& key_id, const PublicKey& key) {
  return key_id.text() + "\n" + key.base64();
}

Error invalid(const fs::path& path, std::string_view what) {
  return Error(ErrorCode::key_file_invalid,
               fmt::format("the key file {} is not valid: {}", printable(path.string()), what));
}

Status derive(SecretBytes& key, std::string_view passphrase, const Protection& protection) {
  if (crypto_pwhash(key.data(), key.size(), passphrase.data(), passphrase.size(),
                    protection.salt.data(), protection.ops_limit,
                    static_cast<std::size_t>(protection.mem_limit),
                    crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return Error(ErrorCode::internal_error,
                 fmt::format("not enough memory to derive the key from the passphrase ({} MiB)",
                             protection.mem_limit / (1024 * 1024)));
  }
  return {};
}

std::optional<Protection> parse_protection(const Json& json) {
  const auto number = [&](const char* name) -> std::uint64_t {
    const auto it = json.find(name);
    return it != json.end() && it->is_number_unsigned() ? it->get<std::uint64_t>() : 0;
  };
  const auto salt = from_base64(text_member(json, "salt").value_or(""));
  const auto nonce = from_base64(text_member(json, "nonce").value_or(""));
  Protection p{number("opsLimit"), number("memLimit"), salt.value_or(Bytes()),
               nonce.value_or(Bytes())};
  // A file from elsewhere must not make us use all memory or time.
  const bool bounded = p.ops_limit >= crypto_pwhash_OPSLIMIT_MIN && p.ops_limit <= kMaxOpsLimit &&
                       p.mem_limit >= crypto_pwhash_MEMLIMIT_MIN && p.mem_limit <= kMaxMemLimit;
  if (!bounded || p.salt.size() != kSaltBytes || p.nonce.size() != kNonceBytes) {
    return std::nullopt;
  }
  return p;
}

Result<SecretKey> from_seed_bytes(std::span<const std::uint8_t> seed, const KeyFileInfo& info) {
  if (seed.size() != SecretKey::kSeedSize) return invalid(info.path, "secretKey");
  SecretKey key = SecretKey::from_seed(seed.first<SecretKey::kSeedSize>());
  if (key.public_key() != info.public_key) {
    return invalid(info.path, "secretKey and publicKey do not belong together");
  }
  return key;
}

// Of mode 0600; key_exists where there is one.
Status write_new_file(const fs::path& path, std::string_view content, const KeyId& key_id) {
  MKT_TRY(PendingFile file, PendingFile::create(path, 0600));
  MKT_CHECK(write_all(file.fd(), as_bytes(content), printable(path.string())));
  if (::fsync(file.fd()) != 0) {
    return system_error(fmt::format("cannot write {}", printable(path.string())), errno);
  }
  const Status named = file.appear(PendingFile::Existing::keep);
  if (!named && named.error().code == ErrorCode::target_exists) {
    return Error(ErrorCode::key_exists,
                 fmt::format("the key {} is on this machine already; {} was left unchanged",
                             key_id.text(), printable(path.string())));
  }
  MKT_CHECK(named);
  return sync_folder(path.parent_path());
}

}  // namespace

fs::path key_file_path(const fs::path& folder, const KeyId& key_id) {
  std::string name = key_id.text();
  std::replace(name.begin(), name.end(), ':', '-');
  return folder / (name + std::string(kSuffix));
}

Result<KeyFile> KeyFile::read(const fs::path& path) {
  {
    MKT_TRY(UniqueFd fd, open_for_reading(path));
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return invalid(path, "it cannot be read");
    if ((info.st_mode & 077) != 0) {
      return Error(
          ErrorCode::key_file_invalid,
          fmt::format(
              "the key file {} may be read by others (mode {:04o}); make it private: chmod 600 {}",
              printable(path.string()), info.st_mode & 07777, printable(path.string())));
    }
  }
  MKT_TRY(const std::string text, read_file(path, kMaxKeyFileBytes));
  return parse(text, path);
}

Result<KeyFile> KeyFile::parse(std::string_view text, const fs::path& path) {
  auto json = parse_json(text, "it");
  if (!json) return invalid(path, json.error().message);
  if (text_member(*json, "version") != "1.0") return invalid(path, "version must be \"1.0\"");
  auto key_id = KeyId::parse(text_member(*json, "keyId").value_or(""));
  if (!key_id) return invalid(path, key_id.error().message);
  auto public_key = PublicKey::from_base64(text_member(*json, "publicKey").value_or(""));
  if (!public_key) return invalid(path, public_key.error().message);
  if (KeyId::of(key_id->publisher(), public_key->fingerprint()) != *key_id) {
    return invalid(path, "keyId and publicKey do not belong together");
  }
  const auto protection = json->find("protection");
  if (protection == json->end()) return invalid(path, "protection is missing");
  const auto kdf = text_member(*protection, "kdf");
  if (kdf != "none" && kdf != "argon2id") return invalid(path, "protection.kdf is unknown");
  return KeyFile{
      {*key_id, *public_key, text_member(*json, "createdAt").value_or(""), kdf == "argon2id", path},
      std::move(*json)};
}

Result<SecretKey> KeyFile::unlock(std::string_view passphrase) const {
  auto stored = from_base64(text_member(document, "secretKey").value_or(""));
  if (!stored) return invalid(info.path, "secretKey");
  SecretBytes secret(std::move(*stored));
  if (!info.encrypted) return from_seed_bytes(secret.bytes(), info);

  const auto protection = parse_protection(document["protection"]);
  if (!protection) return invalid(info.path, "protection");
  if (secret.size() != SecretKey::kSeedSize + kTagBytes) {
    return invalid(info.path, "secretKey");
  }
  SecretBytes key(crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
  MKT_CHECK(derive(key, passphrase, *protection));
  SecretBytes seed(SecretKey::kSeedSize);
  const std::string ad = associated_data(info.key_id, info.public_key);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(seed.data(), nullptr, nullptr, secret.data(),
                                                 secret.size(), as_bytes(ad).data(), ad.size(),
                                                 protection->nonce.data(), key.data()) != 0) {
    return Error(ErrorCode::passphrase_wrong,
                 fmt::format("the passphrase does not open {}", printable(info.path.string())));
  }
  return from_seed_bytes(seed.bytes(), info);
}

Result<KeyFileInfo> write_key_file(const fs::path& folder, const PublisherId& publisher,
                                   const SecretKey& key, std::string_view passphrase, UtcTime now) {
  const PublicKey public_key = key.public_key();
  const KeyId key_id = KeyId::of(publisher, public_key.fingerprint());
  Json protection{{"kdf", "none"}};
  SecretBytes stored(SecretKey::kSeedSize + (passphrase.empty() ? 0 : kTagBytes));
  if (passphrase.empty()) {
    std::ranges::copy(key.seed(), stored.bytes().begin());
  } else {
    Protection p{kOpsLimit, kMemLimit, Bytes(kSaltBytes), Bytes(kNonceBytes)};
    randombytes_buf(p.salt.data(), p.salt.size());
    randombytes_buf(p.nonce.data(), p.nonce.size());
    SecretBytes wrapping(crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
    MKT_CHECK(derive(wrapping, passphrase, p));
    const std::string ad = associated_data(key_id, public_key);
    crypto_aead_xchacha20poly1305_ietf_encrypt(stored.data(), nullptr, key.seed().data(),
                                               key.seed().size(), as_bytes(ad).data(), ad.size(),
                                               nullptr, p.nonce.data(), wrapping.data());
    protection = Json{{"kdf", "argon2id"},
                      {"opsLimit", p.ops_limit},
                      {"memLimit", p.mem_limit},
                      {"salt", to_base64(p.salt)},
                      {"nonce", to_base64(p.nonce)}};
  }
  const Json document{{"version", "1.0"},
                      {"keyId", key_id.text()},
                      {"publisherId", publisher.text()},
                      {"publicKey", public_key.base64()},
                      {"createdAt", format_utc(now)},
                      {"protection", protection},
                      {"secretKey", to_base64(stored.bytes())}};
  MKT_CHECK(make_folders(folder, 0700));
  const fs::path path = key_file_path(folder, key_id);
  MKT_CHECK(write_new_file(path, dump_json_pretty(document), key_id));
  return KeyFileInfo{key_id, public_key, format_utc(now), !passphrase.empty(), path};
}

Result<std::vector<KeyFileInfo>> list_key_files(const fs::path& folder) {
  std::vector<KeyFileInfo> keys;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() != kSuffix) continue;
    MKT_TRY(KeyFile file, KeyFile::read(it->path()));
    keys.push_back(std::move(file.info));
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    return system_error(fmt::format("cannot list {}", printable(folder.string())), error.value());
  }
  std::sort(keys.begin(), keys.end(), [](const KeyFileInfo& a, const KeyFileInfo& b) {
    return a.key_id.text() < b.key_id.text();
  });
  return keys;
}

}  // namespace mkt
