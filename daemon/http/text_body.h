// TextBody: a request's body that is already in memory.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "daemon/http/message.h"

namespace mkt {

class TextBody : public BodyReader {
 public:
  explicit TextBody(std::string text) : text_(std::move(text)) {}
  std::uint64_t length() const override { return text_.size(); }
  Result<std::size_t> read(std::span<std::uint8_t> into) override {
    const std::size_t n = std::min(into.size(), text_.size() - read_);
    std::copy_n(text_.begin() + static_cast<std::ptrdiff_t>(read_), n, into.begin());
    read_ += n;
    return n;
  }

 private:
  std::string text_;
  std::size_t read_ = 0;
};

}  // namespace mkt
