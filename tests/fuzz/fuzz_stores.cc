// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes are, they are refused with an Error or read as a store of samples, which stays
// as it is; and a store of one's own takes in what can be read of it.
#include <fcntl.h>

#include <filesystem>
#include <fstream>
#include <string_view>

#include "neuralpower/samples/merge_stores.h"
#include "tests/fuzz/check_network.h"
#include "tests/fuzz/memory_file.h"

namespace {

using namespace neuralpower;

// SQLite wants a file with a name, and a folder for its journal.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    const bool has_memory = std::filesystem::is_directory("/dev/shm");
    std::string name = (has_memory ? std::string("/dev/shm") : "/tmp") + "/fuzz_stores.XXXXXX";
    if (!::mkdtemp(name.data())) std::abort();
    path_ = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

void read_all(SampleStore& store) {
  for (const auto& each : store.all_conditions()) {
    refused_or([&] { store.measurements(each.first); });
    refused_or([&] { store.skips(each.first); });
  }
  refused_or([&] { store.networks(); });
  for (const Sample& sample : store.samples()) check(sample.runtime.value() > 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static const TemporaryFolder folder;
  const auto file = folder.path() / "store.db";
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  refused_or([&] {
    SampleStore store = SampleStore::open(file, /*must_exist=*/true);
    refused_or([&] { read_all(store); });
    SampleStore own = SampleStore::open(folder.path() / "own.db");
    merge_stores(own, store);
  });
  std::ifstream after(file, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(after), {});
  check(bytes == std::string_view(reinterpret_cast<const char*>(data), size));
  for (const char* name : {"own.db", "own.db-wal", "own.db-shm", "store.db-journal"})
    std::filesystem::remove(folder.path() / name);
  return 0;
}
