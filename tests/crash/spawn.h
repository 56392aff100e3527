// spawn: a real program as a child of the test, its output appended to a log.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace mkt {

// The program is a path, or a name that is looked up in PATH. Of the environment it gets what would
// not configure mktd behind the test's back, and REDIS_URL where one is given. Throws
// std::runtime_error where the program cannot be started.
pid_t spawn(const std::vector<std::string>& command, const std::string& log,
            const std::string& redis_url = {});

}  // namespace mkt
