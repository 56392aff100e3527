// HttpServer: mktd's front door.
//
// Fronts (front.h), one thread each, hold all connections, collect request heads strictly read
// (request_head.h), and send. Workers run the application: some for reading, some for
// changes, which wait for the disk, others for requests whose body is still to come, so that slow
// uploads stop nobody else; who may read its body is upload_slots.h's to say. Answers that may be
// given again are kept ready and leave from the front itself. cpp-httplib writes the heads of
// answers; it never sees a byte that a client wrote.
//
// `run` returns after `stop` (any thread) when what was in flight is finished or kDrainTime is
// over.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/base/result.h"
#include "daemon/http/access_record.h"
#include "daemon/http/admission.h"
#include "daemon/http/connection.h"
#include "daemon/http/listener.h"
#include "daemon/http/message.h"

namespace mkt {

// One request on its way through the server.
struct Exchange {
  std::string address;  // of the client, whatever stands in between
  std::string request_id;
  // For the access log, filled in by the application.
  std::string route;
  std::string who;
  // Who is counted where slots are shared out, before the body is read; empty for nobody.
  std::string subject = {};
};

// What the server works for; all are called from many threads at once.
struct ServerParts {
  // Answers one request; exceptions become 500.
  std::function<Response(const RequestHead& head, BodyReader& body, Exchange& exchange)>
      application;
  // Is the request for us, and whose is it: see Admission.
  std::function<Result<Admitted>(const RequestHead& head, const Peer& peer)> admit;
  // Is that a proxy whose word on its clients counts, and which may hold connections for them all?
  std::function<bool(const Peer& peer)> is_proxy;
  std::function<void(const AccessRecord&)> log;
};

struct ServerLimits {
  unsigned uploads = 16;                    // bodies that are read at once
  unsigned connections_per_address = 1024;  // 0: no bound
};

// How busy it is.
struct ServerCounts {
  std::size_t connections = 0;
  // Requests that nobody works on yet: of reading, of changes, of those with a body to come.
  std::size_t waiting_reads = 0;
  std::size_t waiting_changes = 0;
  std::size_t waiting_uploads = 0;
};

class HttpServer {
 public:
  HttpServer(ServerParts parts, const ServerLimits& limits);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Before run.
  void add(Listener listener);

  void run();
  void stop();

  // While it runs, or before; any thread.
  ServerCounts counts() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mkt
