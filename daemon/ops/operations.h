// The command line of the operations: `mktd init|check|backup|restore|gc|migrate|mirror|status`.
#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "daemon/ops/configuration.h"
#include "daemon/ops/first_set_up.h"

namespace mkt {

struct OperationArguments {
  std::string data = default_data_folder().string();
  std::string file;
  std::string database;
  std::string blobs;
  std::string from;
  std::string to;
  SetUpWishes set_up;
  std::string since;  // an earlier backup; empty for a full one
  std::string grace;  // a duration, see duration.h; empty for the default
  bool json = false;
  bool cluster = false;
  bool dry_run = false;
  bool online = false;
  std::uint64_t rate = 32ULL * 1024 * 1024;  // bytes a second
  bool upgrade = false;
};

// Declares them on `app`. The one that runs stores its exit status in `status`.
void add_operations(CLI::App& app, OperationArguments& arguments, int& status);

// The exit status, where the arguments name an operation; nullopt where mktd should serve.
std::optional<int> run_operation(int argc, char** argv);

}  // namespace mkt
