// Texts that libcmark-gfm 0.29 would read for seconds, as it takes quadratic time for some.
//
// Whether a text can be one of them is told by counts that are far above what people write.
// Thread-safe.
#pragma once

#include <string_view>

namespace mkt {

// Such a text is shown as it is.
bool is_markdown_bomb(std::string_view text);

// Such a text is read without tables.
bool is_table_bomb(std::string_view text);

}  // namespace mkt
