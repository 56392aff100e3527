// What others did under a publisher's name: versions that its keys signed and another token than
// the user's asked for, since this user last looked from this machine.
//
// The commands by which publishers look at the registry ask for it besides (whoami, status,
// publish). It must cost them nothing: one request that is given kPatience, and whatever goes
// wrong, such as a registry that does not know the route, means that nothing is told.
//
// A file for each registry and publisher, FOLDER/<origin>+<publisher>, holds the number of the
// newest signing that the user was told of. The first look only writes it.
#pragma once

#include <chrono>
#include <filesystem>
#include <vector>

#include "cli/client/registry_client.h"

namespace mkt {

// The folder of the user's state.
std::filesystem::path signings_folder();

struct SigningsOfOthers {
  static constexpr std::chrono::milliseconds kPatience{2000};

  std::vector<wire::SigningInfo> signings;  // the newest first
  bool has_more = false;                    // older ones, which the registry did not list
};

// Each is told of once. Use from one thread.
SigningsOfOthers new_signings_of_others(const Settings& settings, const PublisherId& publisher,
                                        const std::filesystem::path& folder);

}  // namespace mkt
