// Router: from method and path to a handler by one walk down a tree of segments.
//
// Routes look like "/v1/connectors/{id}/{version}/tarball"; a fixed segment wins over a parameter.
// Built once at start, then read by all threads.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "daemon/http/message.h"
#include "daemon/http/operation.h"

namespace mkt {

// What answers a route: gates that are asked first, in order, and may refuse (rate_limit.h), then
// the work.
class Handler {
 public:
  using Gate = std::function<Status(Request&)>;
  using Work = std::function<Result<Response>(Request&)>;

  template <typename F>
  requires(std::is_convertible_v<F, Work> && !std::is_same_v<std::remove_cvref_t<F>, Handler>)
      Handler(F work)
      : work_(std::move(work)) {}  // NOLINT: implicit, of any function

  // The same with one more gate, asked before the others.
  Handler behind(Gate gate) &&;

  Status ask_gates(Request& request) const;
  Result<Response> operator()(Request& request) const;

 private:
  std::vector<Gate> gates_;
  Work work_;
};

class Router {
 public:
  // What stands around the handler of a route.
  using Surround =
      std::function<Handler(std::string_view method, std::string_view pattern, Handler handler)>;

  // `operation` tells the OpenAPI document of it.
  void add(std::string_view method, std::string_view pattern, Operation operation, Handler handler);
  // A page for people. It is no operation of the API, so the OpenAPI document does not tell of it,
  // and neither `surround` nor `guard` stand around it: a page refuses with a page, and may know by
  // a cookie who asks (daemon/web/web.h).
  void add_page(std::string_view method, std::string_view pattern, Handler handler);
  // The resource that the routes added from now on belong to.
  void section(std::string_view name, std::string_view about) { section_ = {name, about}; }
  // Around every route that is added from now on.
  void surround(Surround surround) { surround_ = std::move(surround); }

  // What answers a GET where there is no route, or none for a GET: the error says which.
  using Elsewhere = std::function<Result<Response>(Request& request, const Error& error)>;
  void add_elsewhere(Elsewhere elsewhere) { elsewhere_ = std::move(elsewhere); }

  // Asked before everything else of every route that is added from now on, but those that are
  // always open.
  void guard(Handler::Gate guard) { guard_ = std::move(guard); }

  // In the order in which they were added.
  const std::vector<RouteOperation>& operations() const { return operations_; }

  // Runs the handler, with the path's parameters and the route filled in. not_found or
  // method_not_allowed where there is none; invalid_request for a path that ends with a slash. HEAD
  // is answered by the GET handler.
  Result<Response> dispatch(Request& request) const;
  // The same without the work: what a request costs whose answer is there already.
  Status ask_gates(Request& request) const;

 private:
  struct Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> fixed;
    std::unique_ptr<Node> parameter;
    std::map<std::string, Handler, std::less<>> handlers;  // by method
    std::vector<std::string> names;                        // of the parameters on the way here
    std::string pattern;
  };
  void insert(std::string_view method, std::string_view pattern, Handler handler);
  const Node* find(const Node& node, std::string_view path,
                   std::vector<std::string_view>& values) const;
  Result<const Handler*> handler_of(Request& request) const;
  Node root_;
  Surround surround_;
  Handler::Gate guard_;
  Elsewhere elsewhere_;
  OperationSection section_;
  std::vector<RouteOperation> operations_;
};

}  // namespace mkt
