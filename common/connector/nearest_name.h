// nearest_name: makes a valid id of the name that something has elsewhere. Pure.
#pragma once

#include <string>
#include <string_view>

namespace mkt {

// A valid id (names.h), as close as possible to the text: "@Acme/Tickets.js" becomes
// acme-tickets-js. What is longer than an id may be is cut.
std::string nearest_name(std::string_view text);

}  // namespace mkt
