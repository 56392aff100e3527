// Semaphore: a counting semaphore. One thread waits, another wakes it; each `raise` lets one `wait`
// return. It is POSIX's own: std::binary_semaphore of GCC 12 spins before it sleeps, which on two
// cores costs more than the work that the thread waits for.
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
