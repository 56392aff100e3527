// The files that pages load: a style sheet and an icon, built into the program.
//
// Their addresses hold a hash of their bytes, so browsers keep them for ever.
#pragma once

#include "daemon/web/html.h"

namespace mkt {

Href style_sheet();
Href icon();

}  // namespace mkt
