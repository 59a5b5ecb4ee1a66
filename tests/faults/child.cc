#include "child.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>
#include <utility>

namespace triaxis {
namespace {

[[noreturn]] void become(const std::vector<std::string>& words, const std::filesystem::path& folder,
                         const std::map<std::string, std::string>& environment) {
  for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
  const auto redirect = [](const char* file, int flags, int stream) { dup2(open(file, flags, 0600), stream); };
  if (chdir(folder.c_str()) != 0) _exit(126);
  redirect("/dev/null", O_RDONLY, STDIN_FILENO);
  redirect("out", O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
  redirect("err", O_WRONLY | O_CREAT | O_TRUNC, STDERR_FILENO);
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  execv(argv[0], argv.data());
  _exit(127);
}

}  // namespace

Child::Child(const std::vector<std::string>& words, std::filesystem::path folder,
             const std::map<std::string, std::string>& environment)
    : folder_(std::move(folder)), id_(fork()) {
  if (id_ == 0) become(words, folder_, environment);
}

Child::~Child() {
  if (id_ <= 0) return;
  kill(id_, SIGKILL);
  waitpid(id_, nullptr, 0);
}

Ended Child::wait(std::chrono::milliseconds limit) {
  int status = 0;
  const bool in_time = holds_within(limit, [&] { return waitpid(id_, &status, WNOHANG) == id_; });
  Ended ended;
  if (in_time) {
    id_ = -1;
    ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  ended.output = content_of(folder_ / "out");
  ended.errors = content_of(folder_ / "err");
  return ended;
}

std::vector<pid_t> processes_with(const std::string& text) {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (std::isdigit(static_cast<unsigned char>(name[0])) == 0) continue;
    if (content_of(entry.path() / "cmdline").find(text) != std::string::npos) found.push_back(std::stoi(name));
  }
  return found;
}

std::string environment_of(pid_t process, const std::string& name) {
  const std::string all = '\0' + content_of("/proc/" + std::to_string(process) + "/environ");
  const std::string wanted = '\0' + name + '=';
  const std::size_t at = all.find(wanted);
  return at == std::string::npos ? "" : std::string(all.c_str() + at + wanted.size());
}

bool holds_within(std::chrono::milliseconds limit, const std::function<bool()>& condition) {
  using Clock = std::chrono::steady_clock;
  for (const Clock::time_point end = Clock::now() + limit; Clock::now() < end;) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return condition();
}

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace triaxis
