// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes are, they are refused with an Error or read as the state of a search that is
// written as it was and can be put together with another.
#include <string_view>

#include "neuralpower/decide/search_state.h"
#include "tests/fuzz/check_network.h"
#include "tests/fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace neuralpower;
  static const Space space = parse_space(
      "image: input batch=1 in=3x8x8\nchoose w = 8 16\nrepeat 1..2 d\n"
      "conv out=$w kernel=3 pad=1\nend\nfc out=10\n",
      "fuzz");
  refused_or([&] {
    SearchResult result =
        parse_search_state(space, {reinterpret_cast<const char*>(data), size}, "fuzz");
    const std::string text = search_state(result, "fuzz");
    try {
      check(search_state(parse_search_state(space, text, "fuzz"), "fuzz") == text);
    } catch (const Error&) {
      std::abort();  // what was read can be written and read again
    }
    for (const FoundArchitecture& found : result.best) describe(space, found.architecture);
    merge_results(result, parse_search_state(space, text, "fuzz"), {});
  });
  return 0;
}
