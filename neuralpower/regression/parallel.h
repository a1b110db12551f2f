// SPDX-License-Identifier: Apache-2.0
// Independent tasks on a few threads. Which thread runs which task is left open, so a task writes
// only what is its own; then results do not depend on the number of threads.
#pragma once

#include <cstddef>
#include <functional>

namespace neuralpower {

// Runs task(0) ... task(count - 1). If tasks throw, the exception of the first of them is thrown
// after all have ended.
void run_tasks(std::size_t count, unsigned threads, const std::function<void(std::size_t)>& task);

}  // namespace neuralpower
