// The command line of the operations: `mktd check|backup|restore|gc`.
#pragma once

#include <optional>

namespace mkt {

// The exit status, where the arguments name an operation; nullopt where mktd should serve.
std::optional<int> run_operation(int argc, char** argv);

}  // namespace mkt
