// Routing; see router.h.
#include "daemon/http/router.h"

#include <fmt/format.h>

namespace mkt {
namespace {

// Takes "/segment" off the front of the path.
std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const std::size_t end = std::min(path.find('/'), path.size());
  const std::string_view segment = path.substr(0, end);
  path.remove_prefix(end);
  return segment;
}

// A head keeps an encoded slash as "%2F" (request_head.h), so that it ends no segment.
std::string with_slashes(std::string_view segment) {
  std::string text(segment);
  for (std::size_t at = text.find("%2F"); at != std::string::npos; at = text.find("%2F", at + 1)) {
    text.replace(at, 3, "/");
  }
  return text;
}

}  // namespace

Handler Handler::behind(Gate gate) && {
  gates_.insert(gates_.begin(), std::move(gate));
  return std::move(*this);
}

Status Handler::ask_gates(Request& request) const {
  for (const Gate& gate : gates_) MKT_CHECK(gate(request));
  return {};
}

Result<Response> Handler::operator()(Request& request) const {
  MKT_CHECK(ask_gates(request));
  return work_(request);
}

void Router::add(std::string_view method, std::string_view pattern, Operation operation,
                 Handler handler) {
  const bool is_open = operation.is_open();
  operations_.push_back(
      {std::string(method), std::string(pattern), section_, std::move(operation)});
  if (surround_) handler = surround_(method, pattern, std::move(handler));
  if (guard_ && !is_open) handler = std::move(handler).behind(guard_);
  insert(method, pattern, std::move(handler));
}

void Router::add_page(std::string_view method, std::string_view pattern, Handler handler) {
  insert(method, pattern, std::move(handler));
}

void Router::insert(std::string_view method, std::string_view pattern, Handler handler) {
  Node* node = &root_;
  const std::string whole(pattern);
  std::vector<std::string> names;
  while (!pattern.empty()) {
    const std::string_view segment = take_segment(pattern);
    std::unique_ptr<Node>* next = nullptr;
    if (segment.starts_with('{')) {
      names.emplace_back(segment.substr(1, segment.size() - 2));
      next = &node->parameter;
    } else {
      next = &node->fixed[std::string(segment)];
    }
    if (!*next) *next = std::make_unique<Node>();
    node = next->get();
  }
  node->names = std::move(names);
  node->pattern = whole;
  node->handlers.emplace(method, std::move(handler));
}

const Router::Node* Router::find(const Node& node, std::string_view path,
                                 std::vector<std::string_view>& values) const {
  if (path.empty()) return node.handlers.empty() ? nullptr : &node;
  std::string_view rest = path;
  const std::string_view segment = take_segment(rest);
  if (const auto it = node.fixed.find(segment); it != node.fixed.end()) {
    if (const Node* found = find(*it->second, rest, values)) return found;
  }
  if (!node.parameter) return nullptr;
  values.push_back(segment);
  if (const Node* found = find(*node.parameter, rest, values)) return found;
  values.pop_back();
  return nullptr;
}

Result<Response> Router::dispatch(Request& request) const {
  const auto handler = handler_of(request);
  if (handler) return (**handler)(request);
  const bool is_read = request.head.method == "GET" || request.head.method == "HEAD";
  if (elsewhere_ && is_read) return elsewhere_(request, handler.error());
  return handler.error();
}

Status Router::ask_gates(Request& request) const {
  MKT_TRY(const Handler* handler, handler_of(request));
  return handler->ask_gates(request);
}

Result<const Handler*> Router::handler_of(Request& request) const {
  const std::string& path = request.head.path;
  if (path.size() > 1 && path.ends_with('/')) {
    return Error(ErrorCode::invalid_request, "the path ends with a slash; leave it out");
  }
  std::vector<std::string_view> values;
  const Node* node = find(root_, path, values);
  if (node == nullptr) {
    return Error(ErrorCode::not_found, "there is nothing at this address");
  }
  std::string_view method = request.head.method;
  if (method == "HEAD") method = "GET";
  const auto handler = node->handlers.find(method);
  if (handler == node->handlers.end()) {
    std::string allowed;
    for (const auto& [name, unused] : node->handlers) {
      allowed += (allowed.empty() ? "" : ", ") + name;
    }
    return Error(ErrorCode::method_not_allowed,
                 fmt::format("this address answers {} only", allowed));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    request.path_parameters.emplace(node->names[i], with_slashes(values[i]));
  }
  request.route = node->pattern;
  return &handler->second;
}

}  // namespace mkt
