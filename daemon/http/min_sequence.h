// Reading one's own changes through several daemons.
//
// Where daemons share a marketplace, the answer to a change has `Mkt-Sequence: N`, a number of the
// log at or after the change. A client sends the greatest that it saw as `Mkt-Min-Sequence`, and a
// daemon that has not heard of that entry waits a moment until it has.
#pragma once

#include "daemon/http/request_head.h"
#include "daemon/http/router.h"
#include "daemon/service/marketplace.h"

namespace mkt {

// Whether the client knows of an entry that this daemon may not have heard of.
bool is_behind(const Marketplace& market, const RequestHead& head);
// Waits for it; at most 250 milliseconds, then what is remembered may lack it.
void catch_up(const Marketplace& market, const RequestHead& head);
// Adds the number to the answer to a change that somebody made who is signed in.
void tell_sequence(const Marketplace& market, const Request& request, Response& response);

}  // namespace mkt
