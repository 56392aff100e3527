#include "common/wire/withdrawal_messages.h"

#include "common/wire/message_functions.h"

namespace mkt::wire {

template <typename Visitor>
void TakenOutInfo::members(Visitor& m) {
  VersionInfo::members(m);
  m.always("requestCount", &TakenOutInfo::request_count);
  m.always("installationCount", &TakenOutInfo::installation_count);
  m.usually("requests", &TakenOutInfo::requests);
  m.usually("installations", &TakenOutInfo::installations);
  m.usually("dependants", &TakenOutInfo::dependants);
}

MKT_MESSAGE_FUNCTIONS(TakenOutInfo)

}  // namespace mkt::wire
