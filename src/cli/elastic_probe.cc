#include "cli/elastic_probe.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <thread>

namespace triaxis {
namespace {

using Clock = std::chrono::steady_clock;

bool is_this_machine(const std::string& host) {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  const std::string self = name.data();
  return host == "localhost" || host == "127.0.0.1" || host == self || host == self.substr(0, self.find('.'));
}

/// The first of the agents that Open MPI would try: they are divided by colons.
std::vector<std::string> agent() {
  const char* told = std::getenv("OMPI_MCA_plm_rsh_agent");
  const std::string all = told == nullptr ? "ssh" : told;
  std::istringstream text(all.substr(0, all.find(':')));
  std::vector<std::string> words;
  for (std::string word; text >> word;) words.push_back(word);
  if (words.size() == 1 && std::filesystem::path(words[0]).filename() == "ssh")
    words.insert(words.end(), {"-o", "BatchMode=yes"});
  return words;
}

/// RETURNS: the process that asks, or -1 if it cannot be started.
pid_t ask(const std::string& host) {
  std::vector<std::string> words = agent();
  words.insert(words.end(), {host, "true"});
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  for (const int file : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    posix_spawn_file_actions_addopen(&files, file, "/dev/null", O_RDWR, 0);
  }
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);  // so that all of it can be killed
  pid_t process = -1;
  if (posix_spawnp(&process, argv[0], &files, &attributes, argv.data(), environ) != 0) process = -1;
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  return process;
}

/// Whether it ends well before `deadline`; else it is killed.
bool answers(pid_t process, Clock::time_point deadline) {
  int status = 0;
  while (waitpid(process, &status, WNOHANG) == 0) {
    if (Clock::now() > deadline) {
      kill(-process, SIGKILL);
      waitpid(process, &status, 0);
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

std::vector<std::string> unreachable_hosts(const std::vector<std::string>& hosts, std::chrono::milliseconds limit) {
  const Clock::time_point deadline = Clock::now() + limit;
  struct Question {
    std::string host;
    pid_t process = -1;
  };
  std::vector<Question> questions;
  for (const std::string& host : hosts) {
    if (!is_this_machine(host)) questions.push_back({.host = host, .process = ask(host)});
  }
  std::vector<std::string> silent;
  for (const auto& [host, process] : questions) {
    if (process > 0 && !answers(process, deadline)) silent.push_back(host);
  }
  return silent;
}

}  // namespace triaxis
