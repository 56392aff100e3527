// HttpServer: the HTTP server of mktd.
//
// Fronts (front.h), one thread each, own all connections, read request heads strictly
// (request_head.h) and send answers. Workers run the application: some for reads, some for changes,
// which wait for the disk, and some for requests whose body has not arrived, so that slow uploads
// stop nobody else; upload_slots.h decides whose body is read. The front itself sends cached
// answers. cpp-httplib writes the heads of answers; it never sees a byte that a client wrote.
//
// `run` returns after `stop` (any thread), when everything in progress is finished or kDrainTime is
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
#include "daemon/http/tls_gate.h"

namespace mkt {

// One request on its way through the server.
struct Exchange {
  std::string address;  // the client's, even behind proxies
  std::string request_id;
  // For the access log; the application fills these in.
  std::string route;
  std::string who;
  // The subject that upload slots count for, set before the body is read; empty for nobody.
  std::string subject = {};
  std::optional<TraceContext> trace = {};  // that the request belongs to
};

// What the server calls; many threads call these at once.
struct ServerParts {
  // Answers one request; exceptions become 500.
  std::function<Response(const RequestHead& head, BodyReader& body, Exchange& exchange)>
      application;
  // Checks whether the request is for this daemon, and finds the client's address: see Admission.
  std::function<Result<Admitted>(const RequestHead& head, const Peer& peer)> admit;
  // True where what is kept may be older than what the client knows. Null: never.
  std::function<bool(const RequestHead& head)> is_behind;
  // True for a trusted proxy: it names its clients, and may hold connections for all of them.
  std::function<bool(const Peer& peer)> is_proxy;
  std::function<void(const AccessRecord&)> log;
  TlsGate* tls = nullptr;  // for listeners that speak TLS
};

struct ServerLimits {
  unsigned uploads = 16;                    // bodies that are read at the same time
  unsigned connections_per_address = 1024;  // 0: no bound
};

// How busy it is.
struct ServerCounts {
  std::size_t connections = 0;
  // Requests that wait for a thread: reads, changes, and those whose body has not arrived.
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

  // Call before run.
  void add(Listener listener);

  void run();
  void stop();

  // While it runs or before; any thread.
  ServerCounts counts() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mkt
