// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/api/shipped_files.h"

#include <dlfcn.h>
#include <sys/auxv.h>

#include <algorithm>
#include <cstdlib>

#include "neuralpower/api/explorer_folder.h"
#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"

namespace neuralpower {
namespace {

namespace fs = std::filesystem;

constexpr int kFoldersAbove = 5;  // PREFIX/lib/python3/dist-packages/neuralpower needs five

// The folder of the program or library that this function was linked into.
fs::path folder_of_this_code() {
  Dl_info info{};
  std::error_code ignored;
  // For the program itself dladdr() repeats how it was called, which may be a bare word.
  fs::path file = fs::read_symlink("/proc/self/exe", ignored);
  if (ignored)  // a bare chroot has no /proc; the kernel told us what it started, too
    if (const auto started = reinterpret_cast<const char*>(getauxval(AT_EXECFN)))
      file = fs::weakly_canonical(started, ignored);
  if (dladdr(reinterpret_cast<const void*>(&folder_of_this_code), &info) != 0 && info.dli_fname &&
      std::string_view(info.dli_fname).find(".so") != std::string_view::npos)
    file = fs::weakly_canonical(info.dli_fname, ignored);
  return file.parent_path();
}

// Folders with shipped device models, nearest first.
std::vector<fs::path> device_folders() {
  std::vector<fs::path> folders;
  if (const char* own = std::getenv("NEURALPOWER_DEVICES")) folders.emplace_back(own);
  fs::path folder = folder_of_this_code();
  if (folder.empty()) return folders;
  folders.push_back(folder / "devices");
  for (int i = 0; i < kFoldersAbove; ++i, folder = folder.parent_path())
    folders.push_back(folder / "share/neuralpower/devices");
  return folders;
}

// Files of a folder whose name is not there yet: the nearer folder wins.
void add_json_files(const fs::path& folder, std::vector<fs::path>& files) {
  std::error_code ignored;
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const fs::path& file = entry.path();
    const bool known = std::any_of(files.begin(), files.end(),
                                   [&](const fs::path& f) { return f.stem() == file.stem(); });
    if (file.extension() == ".json" && !known) found.push_back(file);
  }
  std::sort(found.begin(), found.end());
  files.insert(files.end(), found.begin(), found.end());
}

fs::path find_shipped(const std::string& name_or_file, const std::vector<fs::path>& files,
                      const std::string& what) {
  if (fs::exists(name_or_file) || name_or_file.find('/') != std::string::npos ||
      name_or_file.ends_with(".json"))
    return name_or_file;
  std::vector<std::string> names;
  std::string list;
  for (const fs::path& file : files) {
    if (file.stem() == name_or_file) return file;
    names.push_back(file.stem().string());
    list += (list.empty() ? "" : ", ") + names.back();
  }
  const auto near = closest_word(name_or_file, names);
  throw usage_error("no " + what + " '" + name_or_file + "'" +
                    (near           ? "; did you mean '" + *near + "'?"
                     : list.empty() ? "; give the file of one"
                                    : "; there are " + list + ", or give a file"));
}

}  // namespace

ShippedDevices shipped_devices() {
  ShippedDevices shipped;
  for (const fs::path& folder : device_folders()) {
    add_json_files(folder, shipped.models);
    add_json_files(folder / "specs", shipped.specs);
  }
  return shipped;
}

fs::path published_folder() {
  for (const fs::path& folder : device_folders())
    if (fs::is_directory(folder / "published")) return folder / "published";
  throw environment_error("the published figures are not installed beside the device models");
}

fs::path explorer_folder() {
  for (const fs::path& folder : device_folders()) {
    const fs::path explorer = folder.parent_path() / "explorer";
    if (fs::is_regular_file(explorer / "index.html") &&
        fs::is_regular_file(explorer / "neuralpower.wasm"))
      return explorer;
  }
  throw environment_error(
      "the explorer's page was not built: tools/install-dependencies.sh --explorer, then "
      "tools/build.sh explorer");
}

fs::path find_model_file(const std::string& name_or_file) {
  return find_shipped(name_or_file, shipped_devices().models, "device model");
}

fs::path find_spec_file(const std::string& name_or_file) {
  return find_shipped(name_or_file, shipped_devices().specs, "device data sheet");
}

}  // namespace neuralpower
