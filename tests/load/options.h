// Options: what a scenario is told of the command line.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

namespace mkt::load {

struct Options {
  std::filesystem::path mktd;  // the program to start
  std::string target;          // or the URL of a registry that runs already
  std::string token;           // an admin's, for the target
  bool quick = false;
  // Where given, in the place of a scenario's own numbers.
  std::optional<std::chrono::milliseconds> duration;
  std::optional<double> rate;
  std::optional<std::size_t> connections;

  template <typename T>
  T by_size(T quick_one, T full_one) const {
    return quick ? quick_one : full_one;
  }
};

}  // namespace mkt::load
