// Admission: is a request meant for this daemon, and whose is it?
//
// A web page may let the user's browser send requests to 127.0.0.1, or to a name that it made
// resolve there. Such a request carries a Host that is a name of the page's, or an Origin. So: Host
// must be an IP address (nobody can make an address resolve), "localhost", or a name that is
// allowed. A browser reaches a Unix socket through a proxy, which passes Host on: there it is
// checked too, where names are set, and may be anything where none is.
//
// A change, and whatever carries a token, may come from a page of the same host or of an origin
// that is allowed; what anyone may read, any page may. What the answer tells the browser of that is
// in Admitted (cors.h).
//
// X-Forwarded-For counts when it comes from a trusted proxy, and then only as far as the proxies it
// names are trusted too. Immutable; thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/address_range.h"
#include "common/base/result.h"
#include "daemon/http/connection.h"
#include "daemon/http/cors.h"
#include "daemon/http/request_head.h"

namespace mkt {

struct Admitted {
  std::string address;
  Cors cors;
};

class Admission {
 public:
  // `hosts` are names without ports; `origins` as browsers write them:
  // "https://tools.acme.example".
  Admission(std::vector<std::string> hosts, std::vector<std::string> origins,
            std::vector<AddressRange> trusted_proxies);

  // The client's address, and who may read the answer. host_not_allowed, origin_not_allowed.
  Result<Admitted> admit(const RequestHead& head, const Peer& peer) const;

  bool is_trusted(std::string_view address) const;

 private:
  Status check_host(std::string_view host) const;
  Result<Cors> check_origin(const RequestHead& head, std::string_view host) const;

  std::vector<std::string> hosts_;
  std::vector<std::string> origins_;
  std::vector<AddressRange> trusted_proxies_;
};

}  // namespace mkt
