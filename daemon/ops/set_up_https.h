// What `mktd init` wants to know where the registry is to speak HTTPS: the certificate and its key,
// and the name under which clients will come.
#pragma once

#include "common/base/result.h"
#include "daemon/ops/questions.h"
#include "daemon/ops/set_up.h"

namespace mkt {

// Sets `tls` to the files that an address of https needs, after reading them as the daemon's user
// will. usage_error for files without such an address, for one without files where nobody can be
// asked, and for files that cannot be used.
Status choose_tls(const SetUpWishes& wishes, const Ask& ask, SetUp& now);

// Sets the host under which clients come: one that the certificate is for and that the daemon
// allows. New settings will allow what the certificate names first; where they stay as they are, a
// note says what is missing.
void choose_host(SetUp& now, bool settings_stay);

}  // namespace mkt
