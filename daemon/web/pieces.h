// The small pieces that pages are made of: times, sizes, numbers, links and badges. Pure functions.
#pragma once

#include <cstdint>
#include <string_view>

#include "daemon/web/html.h"

namespace mkt {

// <time>; of a text in RFC 3339 UTC.
Html time_of(std::string_view rfc3339);
Html day_of(std::string_view rfc3339);
Html bytes_of(std::uint64_t bytes);
// A number with commas between thousands.
Html number_of(std::int64_t number);
// A link, where the address is one that may be followed; else the text of the address.
Html link_elsewhere(std::string_view url);
Html connector_link(std::string_view id);
Html version_link(std::string_view id, std::string_view version);
Html publisher_link(std::string_view id);
// An error's message as a sentence: with a capital letter, where it begins with a word, and an end.
Html sentence(std::string_view message);
// A word with a colour: good, caution, bad or plain.
enum class Tone { plain, good, caution, bad };
Html badge(std::string_view word, Tone tone);
Html policy_badge(std::string_view policy_class);
Html state_badge(std::string_view state);

}  // namespace mkt
