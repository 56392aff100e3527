// What readers ask for; see catalog.h.
#include "tests/load/catalog.h"

#include <fmt/format.h>

#include <stdexcept>

namespace mkt::load {

const std::vector<std::string>& Catalog::operations() {
  static const std::vector<std::string> names = {"search", "connector", "version", "tarball",
                                                 "keys"};
  return names;
}

Catalog::Catalog(Registry& registry, std::size_t connectors) {
  std::vector<HttpRequest> publishes;
  for (std::size_t i = 0; i < connectors; ++i) {
    ids_.push_back(registry.name(fmt::format("read-{}", i)));
    publishes.push_back(registry.publishing(ids_.back(), "1.0.0"));
  }
  publish_all(registry, std::move(publishes));
}

Call Catalog::read(std::mt19937_64& random) const {
  const auto pick = [&](std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
  };
  const std::string& id = ids_[pick(ids_.size())];
  Call call;
  // A quarter each for what people look at, half of that for tarballs, a client's refresh of keys.
  switch (pick(16)) {
    case 0:
    case 1:
    case 2:
    case 3:
      call.operation = 0;
      call.request.url = fmt::format("/v1/search?q=read-{}", pick(ids_.size()));
      break;
    case 4:
    case 5:
    case 6:
    case 7:
      call.operation = 1;
      call.request.url = "/v1/connectors/" + id;
      break;
    case 8:
    case 9:
    case 10:
    case 11:
      call.operation = 2;
      call.request.url = fmt::format("/v1/connectors/{}/1.0.0", id);
      break;
    case 12:
    case 13:
    case 14:
      call.operation = 3;
      call.request.url = fmt::format("/v1/connectors/{}/1.0.0/tarball", id);
      break;
    default:
      call.operation = 4;
      call.request.url = "/v1/keys";
  }
  return call;
}

void publish_all(const Registry& registry, std::vector<HttpRequest> requests) {
  std::size_t next = 0;
  Load load;
  load.name = "publishing";
  load.operations = {"publish"};
  load.connections = 16;
  load.duration = std::chrono::minutes(1);
  load.next = [&]() -> std::optional<Call> {
    if (next == requests.size()) return std::nullopt;
    return Call{0, std::move(requests[next++]), 0};
  };
  const Measurement measured = drive(registry.url(), std::move(load));
  if (measured.count(Outcome::answered) != requests.size()) {
    throw std::runtime_error("preparing: " + (measured.failures().empty()
                                                  ? std::string("publishing takes too long")
                                                  : measured.failures().front()));
  }
}

}  // namespace mkt::load
