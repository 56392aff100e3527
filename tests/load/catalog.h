// Catalog: connectors that a scenario reads, published before the clock starts.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "tests/load/driver.h"
#include "tests/load/registry.h"

namespace mkt::load {

class Catalog {
 public:
  // What reading it means, as operations of a load: the first kReads of any that use `read`.
  static const std::vector<std::string>& operations();

  Catalog(Registry& registry, std::size_t connectors);

  const std::vector<std::string>& ids() const { return ids_; }
  // A search, a connector, a version, a tarball or the keys.
  Call read(std::mt19937_64& random) const;

 private:
  std::vector<std::string> ids_;
};

// All of them, over several connections; throws where one is refused.
void publish_all(const Registry& registry, std::vector<HttpRequest> requests);

}  // namespace mkt::load
