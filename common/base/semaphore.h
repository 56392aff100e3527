// Semaphore: one thread waits, another wakes it; or as many go on as it was raised for. POSIX's
// own: std::binary_semaphore of GCC 12 spins before it sleeps, which costs more than the work it
// waits for on two cores.
#pragma once

#include <semaphore.h>

namespace mkt {

class Semaphore {
 public:
  Semaphore() : Semaphore(0) {}
  explicit Semaphore(unsigned raised) { ::sem_init(&semaphore_, 0, raised); }
  ~Semaphore() { ::sem_destroy(&semaphore_); }
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;

  void raise() { ::sem_post(&semaphore_); }
  void wait() {
    while (::sem_wait(&semaphore_) != 0) {
      // Interrupted by a signal.
    }
  }

 private:
  sem_t semaphore_;
};

}  // namespace mkt
