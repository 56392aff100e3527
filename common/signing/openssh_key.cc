#include "common/signing/openssh_key.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/utf8.h"
#include "common/connector/checksum.h"
#include "common/signing/secret_bytes.h"
#include "common/signing/ssh_encoding.h"

namespace mkt {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kMagic = "openssh-key-v1\0"sv;
constexpr std::string_view kEd25519 = "ssh-ed25519";
constexpr std::size_t kPrivateSize = 64;  // the seed, then the public key
constexpr std::size_t kLongestType = 64;

Error damaged_openssh_key(std::string_view what) {
  return Error(ErrorCode::key_file_invalid,
               fmt::format("the OpenSSH private key is damaged: {}", what));
}

// Between apostrophes a shell takes everything as it stands, but an apostrophe.
std::string shell_quoted(const std::string& text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-' || c == '/';
  });
  if (plain && !text.starts_with('-')) return text;
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

Error under_passphrase(const std::string& file) {
  const bool is_named = !file.empty() && file != "-";
  const std::string copy = is_named ? shell_quoted(file + ".plain") : "COPY";
  const std::string make =
      is_named ? fmt::format("cp {} {} && ", shell_quoted(file), copy) : std::string();
  return Error(
      ErrorCode::passphrase_wrong,
      fmt::format("the key is under a passphrase of OpenSSH, whose method (bcrypt) mkt does not "
                  "have; make a copy without passphrase, import that, and delete it: {}ssh-keygen "
                  "-p -N '' -f {}; or let an ssh-agent sign: --key agent:FINGERPRINT",
                  make, copy));
}

// The one key of the private part: both check numbers, type, public key, private key, comment,
// padding.
Result<SecretKey> read_private_part(std::span<const std::uint8_t> part, const PublicKey& expected) {
  SshReader reader(part);
  const auto check = reader.number();
  const auto again = reader.number();
  if (!check || check != again) return damaged_openssh_key("its check numbers");
  const auto type = reader.string();
  const auto public_part = reader.string();
  const auto private_part = reader.string();
  const auto comment = reader.string();
  if (!type || as_text(*type) != kEd25519 || !public_part || !private_part || !comment ||
      private_part->size() != kPrivateSize) {
    return damaged_openssh_key("its private part");
  }
  std::uint8_t count = 0;
  for (const std::uint8_t byte : reader.left()) {
    if (byte != ++count) return damaged_openssh_key("its padding");
  }
  SecretKey key = SecretKey::from_seed(private_part->first<SecretKey::kSeedSize>());
  const auto own = expected.bytes();
  if (key.public_key() != expected || !std::ranges::equal(*public_part, own) ||
      !std::ranges::equal(private_part->subspan(SecretKey::kSeedSize), own)) {
    return damaged_openssh_key("its private and its public part do not belong together");
  }
  return key;
}

}  // namespace

Result<SecretKey> read_openssh_key(std::string_view text, const std::string& file) {
  const auto body = pem_body(text, kOpensshKeyLabel);
  if (!body) return damaged_openssh_key("its end is missing");
  const auto bytes = secret_from_base64(*body);
  if (!bytes || !bytes->text().starts_with(kMagic)) {
    return damaged_openssh_key("it is not of the format openssh-key-v1");
  }
  SshReader reader(bytes->bytes().subspan(kMagic.size()));
  const auto cipher = reader.string();
  const auto derivation = reader.string();
  const auto derivation_options = reader.string();
  const auto keys = reader.number();
  const auto blob = reader.string();
  const auto private_part = reader.string();
  if (!cipher || !derivation || !derivation_options || !blob || !private_part) {
    return damaged_openssh_key("it is cut off");
  }
  if (keys != 1U) return damaged_openssh_key("it must hold one key");
  MKT_TRY(const PublicKey expected, read_openssh_blob(*blob));
  if (as_text(*cipher) != "none" || as_text(*derivation) != "none") return under_passphrase(file);
  return read_private_part(*private_part, expected);
}

Bytes openssh_blob(const PublicKey& key) {
  return SshWriter().string(kEd25519).string(key.bytes()).bytes();
}

std::string openssh_blob_type(std::span<const std::uint8_t> blob) {
  const auto type = SshReader(blob).string();
  if (!type || type->size() > kLongestType) return {};
  return printable(as_text(*type));
}

Result<PublicKey> read_openssh_blob(std::span<const std::uint8_t> blob) {
  SshReader reader(blob);
  const auto type = reader.string();
  if (type && as_text(*type) != kEd25519) {
    return Error(ErrorCode::key_invalid,
                 fmt::format("it is a key of the type {}; mkt signs with Ed25519 keys "
                             "({}) only",
                             openssh_blob_type(blob), kEd25519));
  }
  const auto bytes = reader.string();
  if (!type || !bytes || !reader.left().empty()) {
    return Error(ErrorCode::key_invalid, "it is not a public key of OpenSSH");
  }
  return PublicKey::from_bytes(*bytes);
}

std::string openssh_fingerprint(std::span<const std::uint8_t> blob) {
  std::string digest = to_base64(Checksum::of(blob).bytes());
  while (digest.ends_with('=')) digest.pop_back();
  return "SHA256:" + digest;
}

std::string openssh_line(const PublicKey& key, std::string_view comment) {
  return fmt::format("{} {} {}\n", kEd25519, to_base64(openssh_blob(key)), comment);
}

Result<PublicKey> read_openssh_line(std::string_view line) {
  // TYPE BASE64 [COMMENT]
  const std::size_t begin = std::min(line.find(' '), line.size());
  const std::string_view rest = line.substr(std::min(begin + 1, line.size()));
  const auto blob = from_base64(rest.substr(0, rest.find_first_of(" \r\n")));
  if (!blob || openssh_blob_type(*blob) != line.substr(0, begin)) {
    return Error(ErrorCode::key_invalid, "it is not a public key of OpenSSH");
  }
  return read_openssh_blob(*blob);
}

}  // namespace mkt
