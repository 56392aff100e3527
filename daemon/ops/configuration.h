// What mktd is told by its flags, its environment and mktd.conf, in this order of precedence.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "daemon/service/marketplace.h"

namespace mkt {

struct Configuration {
  std::filesystem::path data;
  std::vector<std::string> listen;
  Limits limits;
  std::string registration = "admin";  // who may register publishers: "admin" or "open"
  std::string log_level = "info";
  bool access_log = true;
  bool check_only = false;
};

// What the command line asks for: to run, or to end at once with this status (help, version, a
// usage error whose message has been printed).
struct ParsedArguments {
  Configuration configuration;
  std::optional<int> exit_now;
};

ParsedArguments parse_arguments(int argc, char** argv);

}  // namespace mkt
