// Ed25519 keys as OpenSSH writes them.
//
// A private key is a file `-----BEGIN OPENSSH PRIVATE KEY-----` (PROTOCOL.key of OpenSSH). One
// under a passphrase is refused: its method, bcrypt, is in none of the libraries that mkt uses. A
// public key is a line `ssh-ed25519 BASE64 COMMENT` of the blob in RFC 8709, section 4. Its
// fingerprint is `SHA256:` and the base64 of the blob's SHA-256 without padding, as `ssh-keygen -l`
// shows it. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "common/base/encoding.h"
#include "common/base/result.h"
#include "common/signing/key.h"

namespace mkt {

inline constexpr std::string_view kOpensshKeyLabel = "OPENSSH PRIVATE KEY";

// `file` is its name for the message about a passphrase, "-" for standard input. key_file_invalid
// where it is damaged, key_invalid for a key of another type, passphrase_wrong for one under a
// passphrase.
Result<SecretKey> read_openssh_key(std::string_view text, const std::string& file);

// The blob "ssh-ed25519" and 32 bytes.
Bytes openssh_blob(const PublicKey& key);
// "ssh-rsa", of any blob; "" where there is none.
std::string openssh_blob_type(std::span<const std::uint8_t> blob);
// key_invalid, with the type, for any other than Ed25519.
Result<PublicKey> read_openssh_blob(std::span<const std::uint8_t> blob);

std::string openssh_fingerprint(std::span<const std::uint8_t> blob);

// "ssh-ed25519 AAAA… comment\n"
std::string openssh_line(const PublicKey& key, std::string_view comment);
Result<PublicKey> read_openssh_line(std::string_view line);

}  // namespace mkt
