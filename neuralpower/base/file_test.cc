// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "neuralpower/base/error.h"

namespace neuralpower {
namespace {

class Files : public ::testing::Test {
 protected:
  Files()
      : folder_(std::filesystem::temp_directory_path() /
                ("neuralpower-" + std::to_string(getpid()) +
                 ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::create_directory(folder_);
  }
  ~Files() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
};

TEST_F(Files, ComeBackAsTheyWereWritten) {
  const std::string content("a\0b\n", 4);
  write_file_atomically(folder_ / "x", "longer than what comes after it");
  write_file_atomically(folder_ / "x", content);
  EXPECT_EQ(read_file(folder_ / "x"), content);
  EXPECT_THROW(read_file(folder_ / "x", 3), Error);
  EXPECT_THROW(read_file(folder_), Error);
  EXPECT_THROW(read_file(folder_ / "y"), Error);
  // No draft stays behind.
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(Files, AreAsTheyWereIfWritingFails) {
  EXPECT_THROW(write_file_atomically(folder_ / "none" / "x", "new"), Error);
  std::filesystem::create_directory(folder_ / "folder");
  EXPECT_THROW(write_file_atomically(folder_ / "folder", "new"), Error);
  EXPECT_TRUE(std::filesystem::is_directory(folder_ / "folder"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(Files, BehindALinkAreReplacedAndTheLinkStays) {
  write_file_atomically(folder_ / "x", "old");
  std::filesystem::create_symlink("x", folder_ / "link");
  write_file_atomically(folder_ / "link", "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder_ / "link"));
  EXPECT_EQ(read_file(folder_ / "x"), "new");
}

TEST_F(Files, PipesAreWrittenToNotReplaced) {
  const std::filesystem::path pipe = folder_ / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const int reader = open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  write_file_atomically(pipe, "through");
  char got[16] = {};
  EXPECT_EQ(read(reader, got, sizeof got), 7);
  close(reader);
  EXPECT_STREQ(got, "through");
  EXPECT_TRUE(std::filesystem::is_fifo(pipe));
}

}  // namespace
}  // namespace neuralpower
