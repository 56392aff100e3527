// Long texts for the tests of Markdown.
#pragma once

#include <string>
#include <string_view>

namespace mkt {

inline std::string repeated(std::string_view part, std::size_t times) {
  std::string text;
  text.reserve(part.size() * times);
  for (std::size_t i = 0; i < times; ++i) text += part;
  return text;
}

}  // namespace mkt
