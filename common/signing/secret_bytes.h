// SecretBytes: bytes or text that must not stay in memory, such as a private key or the file it
// comes from. The destructor wipes them. Movable, not copyable; never grows, since growing would
// leave a copy behind. Use from one thread.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "common/base/encoding.h"
#include "common/base/result.h"

namespace mkt {

class SecretBytes {
 public:
  explicit SecretBytes(std::size_t size) : bytes_(size) {}
  // Takes the bytes over, without a copy.
  explicit SecretBytes(Bytes&& bytes) : bytes_(std::move(bytes)) {}
  static SecretBytes copy_of(std::string_view text);

  SecretBytes(SecretBytes&&) noexcept = default;
  SecretBytes& operator=(SecretBytes&&) = delete;
  SecretBytes(const SecretBytes&) = delete;
  ~SecretBytes();

  std::size_t size() const { return bytes_.size(); }
  std::uint8_t* data() { return bytes_.data(); }
  std::span<std::uint8_t> bytes() { return bytes_; }
  std::span<const std::uint8_t> bytes() const { return bytes_; }
  std::string_view text() const { return as_text(bytes_); }
  // Wipes what is cut off.
  void shrink(std::size_t size);

 private:
  Bytes bytes_;
};

// Gives the passphrase of a key; called only for a key that is under one.
using AskPassphrase = std::function<Result<SecretBytes>()>;

// base64 with line ends and blanks anywhere, as in PEM; nullopt where it is not base64.
std::optional<SecretBytes> secret_from_base64(std::string_view text);

// The text between the lines `-----BEGIN label-----` and `-----END label-----`; nullopt where one
// of them is missing.
std::optional<std::string_view> pem_body(std::string_view text, std::string_view label);

}  // namespace mkt
