// The data types of SSH (RFC 4251, section 5): `uint32` and `string`, as in OpenSSH's key files and
// in the messages of an ssh-agent.
//
// A reader takes bytes from strangers: a length that is longer than what is left gives nullopt, and
// so does all that is read afterwards. Values; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "common/base/encoding.h"

namespace mkt {

class SshReader {
 public:
  explicit SshReader(std::span<const std::uint8_t> bytes) : left_(bytes) {}

  std::optional<std::uint8_t> byte();
  std::optional<std::uint32_t> number();
  std::optional<std::span<const std::uint8_t>> string();
  // Everything that was not read yet.
  std::span<const std::uint8_t> left() const { return left_; }

 private:
  std::optional<std::span<const std::uint8_t>> take(std::size_t size);
  std::span<const std::uint8_t> left_;
};

class SshWriter {
 public:
  SshWriter& byte(std::uint8_t value);
  SshWriter& number(std::uint32_t value);
  SshWriter& string(std::span<const std::uint8_t> bytes);
  SshWriter& string(std::string_view text) { return string(as_bytes(text)); }
  const Bytes& bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

}  // namespace mkt
