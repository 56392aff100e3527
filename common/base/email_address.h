// E-mail addresses, as they stand between "<" and ">" of a mail's head.
#pragma once

#include <string_view>

namespace mkt {

// RFC 5322's addr-spec in its plain form, dot-atom "@" dot-atom, with the letters of other
// alphabets (RFC 6531). No quotes, comments or address literals: nobody is reached by those, and
// whoever writes a mail's head from an address need not read it for where it ends.
bool is_email_address(std::string_view text);

}  // namespace mkt
