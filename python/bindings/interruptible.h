// SPDX-License-Identifier: Apache-2.0
// Long work off the interpreter: it runs on a thread of its own without the interpreter's lock,
// while the calling thread shows progress and listens for Ctrl-C.
//
// The work calls its Checkpoint now and then; after an interrupt that throws Stopped. Work that
// reaches no checkpoint for a while is left to end by itself, unless it holds something that must
// not outlive the call (`wait_for_end`). It shares nothing with Python.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "python/bindings/bindings.h"

namespace neuralpower::python {

struct Stopped : std::exception {};

// How many threads of interrupted calls are still at work; Python's exit waits for them.
inline std::atomic<int>& abandoned_threads() {
  static std::atomic<int> count{0};
  return count;
}

class Checkpoint {
 public:
  // Notes the progress; throws Stopped after an interrupt.
  void operator()(double fraction, const std::string& what) {
    if (!note(fraction, what)) throw Stopped();
  }
  // The same; false after an interrupt.
  bool note(double fraction, const std::string& what) {
    const std::lock_guard lock(mutex_);
    fraction_ = fraction;
    what_ = what;
    return !stopped_;
  }

 private:
  template <typename Result>
  friend Result run_interruptibly(const Progress&, bool, std::function<Result(Checkpoint&)>);
  std::mutex mutex_;
  std::condition_variable ended_;
  bool stopped_ = false, done_ = false, abandoned_ = false;
  double fraction_ = 0;
  std::string what_;
};

template <typename Result>
Result run_interruptibly(const Progress& progress, bool wait_for_end,
                         std::function<Result(Checkpoint&)> work) {
  using namespace std::chrono_literals;
  constexpr auto kTick = 50ms;
  constexpr int kPatience = 20;  // ticks after an interrupt
  struct State {
    Checkpoint checkpoint;
    std::optional<Result> result;
    std::exception_ptr failure;
  };
  const auto state = std::make_shared<State>();
  Checkpoint& shared = state->checkpoint;
  std::thread([state, work = std::move(work)] {
    Checkpoint& mine = state->checkpoint;
    try {
      state->result = work(mine);
    } catch (...) {
      state->failure = std::current_exception();
    }
    const std::lock_guard lock(mine.mutex_);
    mine.done_ = true;
    if (mine.abandoned_) --abandoned_threads();
    mine.ended_.notify_all();
  }).detach();

  std::optional<py::error_already_set> interrupt;
  for (int ticks_left = kPatience;;) {
    double fraction = 0;
    std::string what;
    {
      const py::gil_scoped_release release;
      std::unique_lock lock(shared.mutex_);
      if (shared.ended_.wait_for(lock, kTick, [&] { return shared.done_; })) break;
      fraction = shared.fraction_;
      what = shared.what_;
      if (interrupt && !wait_for_end && --ticks_left <= 0) {
        shared.abandoned_ = true;
        ++abandoned_threads();
        break;
      }
    }
    if (interrupt) continue;
    try {
      if (PyErr_CheckSignals() != 0) throw py::error_already_set();
      if (!progress.is_none()) progress(fraction, what);
    } catch (py::error_already_set& raised) {
      interrupt.emplace(raised);
      const std::lock_guard lock(shared.mutex_);
      shared.stopped_ = true;
    }
  }
  if (interrupt) throw *interrupt;
  if (state->failure) std::rethrow_exception(state->failure);
  return std::move(*state->result);
}

}  // namespace neuralpower::python
