// spawn: runs a real program as a child process of the test, and appends its output to a log.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace mkt {

// The program is a path, or a name to look up in PATH. It gets the test's environment without
// variables that would configure mktd, and REDIS_URL where one is given. Throws std::runtime_error
// where the program cannot be started.
pid_t spawn(const std::vector<std::string>& command, const std::string& log,
            const std::string& redis_url = {});

}  // namespace mkt
