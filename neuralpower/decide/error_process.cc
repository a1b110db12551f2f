// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/decide/error_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"

namespace neuralpower {
namespace {

constexpr std::size_t kLongestAnswer = 4096;

// "0.073" or "?"; nothing else.
std::optional<double> parse_answer(std::string_view line, const std::string& command,
                                   const std::string& architecture) {
  line = trim(line);
  if (line == "?") return std::nullopt;
  const auto error = parse_double(line);
  if (!error || *error < 0 || *error > 1)
    throw bad_input(fmt::format(
        "the predictor '{}' answered '{}' to '{}'; it must answer an error from 0 to 1, or ?",
        printable(command, 80), printable(line, 80), printable(architecture, 80)));
  return error;
}

}  // namespace

ErrorProcess::ErrorProcess(std::string command, std::chrono::seconds patience)
    : command_(std::move(command)), patience_(patience) {}

ErrorProcess::~ErrorProcess() { stop(); }

// A socket in place of a pipe to the child: sends can ask for no signal when it is gone.
void ErrorProcess::start() {
  int in[2], out[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) != 0)
    throw environment_error(std::string("no socket for the predictor: ") + std::strerror(errno));
  if (pipe2(out, O_CLOEXEC) != 0) {
    close(in[0]);
    close(in[1]);
    throw environment_error(std::string("no pipe for the predictor: ") + std::strerror(errno));
  }
  const pid_t child = fork();
  if (child == 0) {
    setpgid(0, 0);  // so that it can be ended with all that it starts
    dup2(in[1], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    execl("/bin/sh", "sh", "-c", command_.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  close(in[1]);
  close(out[1]);
  to_ = in[0];
  from_ = out[0];
  process_ = child;
  received_.clear();
  if (child < 0) {
    stop();
    throw environment_error(std::string("the predictor does not start: ") + std::strerror(errno));
  }
  fcntl(to_, F_SETFL, O_NONBLOCK);
  fcntl(from_, F_SETFL, O_NONBLOCK);
}

std::string ErrorProcess::stop() {
  if (to_ >= 0) close(to_);
  if (from_ >= 0) close(from_);
  to_ = from_ = -1;
  if (process_ <= 0) return "did not start";
  int status = 0;
  // What has closed its output ends by itself in a moment; the rest is ended.
  for (int i = 0; i < 50 && waitpid(process_, &status, WNOHANG) == 0; ++i) {
    if (i == 49) {
      kill(-process_, SIGKILL);
      waitpid(process_, &status, 0);
    } else {
      usleep(2000);
    }
  }
  process_ = -1;
  if (WIFSIGNALED(status)) return fmt::format("was ended by signal {}", WTERMSIG(status));
  return fmt::format("ended with exit code {}", WEXITSTATUS(status));
}

void ErrorProcess::take_lines(const std::vector<std::string>& architectures,
                              std::vector<std::optional<double>>& answers) {
  std::size_t begin = 0;
  for (std::size_t end = received_.find('\n'); end != std::string::npos;
       end = received_.find('\n', begin)) {
    const std::string_view line = std::string_view(received_).substr(begin, end - begin);
    if (answers.size() == architectures.size())
      throw bad_input(fmt::format("the predictor '{}' answers more lines than it was asked: '{}'",
                                  printable(command_, 80), printable(line, 80)));
    answers.push_back(parse_answer(line, command_, architectures[answers.size()]));
    begin = end + 1;
  }
  received_.erase(0, begin);
  if (received_.size() > kLongestAnswer)
    throw bad_input(fmt::format("the predictor '{}' answers without a line's end: '{}'",
                                printable(command_, 80), printable(received_, 80)));
}

bool ErrorProcess::exchange(const std::vector<std::string>& architectures,
                            std::vector<std::optional<double>>& answers) {
  std::string question;
  for (std::size_t i = answers.size(); i < architectures.size(); ++i)
    question += architectures[i] + "\n";
  std::size_t sent = 0;
  auto deadline = std::chrono::steady_clock::now() + patience_;
  while (answers.size() < architectures.size()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0)
      throw bad_input(fmt::format("the predictor '{}' has not answered for {} s; asked was '{}'",
                                  printable(command_, 80), patience_.count(),
                                  printable(architectures[answers.size()], 80)));
    std::array<pollfd, 2> files = {pollfd{from_, POLLIN, 0},
                                   pollfd{sent < question.size() ? to_ : -1, POLLOUT, 0}};
    poll(files.data(), files.size(), static_cast<int>(left.count()));
    if (files[1].revents != 0) {
      const ssize_t count =
          send(to_, question.data() + sent, question.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count > 0) sent += static_cast<std::size_t>(count);
      if (count < 0 && errno != EAGAIN && errno != EINTR)
        sent = question.size();  // see its answers
    }
    if (files[0].revents == 0) continue;
    std::array<char, 65536> buffer;
    const ssize_t count = read(from_, buffer.data(), buffer.size());
    if (count == 0) return false;
    if (count < 0) continue;
    received_.append(buffer.data(), static_cast<std::size_t>(count));
    deadline = std::chrono::steady_clock::now() + patience_;
    take_lines(architectures, answers);
  }
  return true;
}

std::vector<std::optional<double>> ErrorProcess::errors(
    const std::vector<std::string>& architectures) {
  std::vector<std::optional<double>> answers;
  bool fruitless = false;
  while (answers.size() < architectures.size()) {
    if (process_ < 0) start();
    const std::size_t before = answers.size();
    if (exchange(architectures, answers)) break;
    const std::string end = stop();
    if (answers.size() == before && fruitless)
      throw bad_input(fmt::format("the predictor '{}' {} before it answered to '{}'",
                                  printable(command_, 80), end,
                                  printable(architectures[before], 80)));
    fruitless = answers.size() == before;
  }
  return answers;
}

}  // namespace neuralpower
