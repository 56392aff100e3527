// Colours by what they mean, so that one word looks the same everywhere.
#pragma once

#include <string>
#include <string_view>

namespace mkt {

enum class Tone { plain, bold, faint, good, caution, bad };

// The text in that tone; unchanged without `color`.
std::string toned(std::string_view text, Tone tone, bool color);

// The tone of a state: of a key, a request, a publisher, a part of the daemon.
Tone tone_of_state(std::string_view state);

}  // namespace mkt
