// The program itself where no file may grow: it says that it cannot save its state, and goes on.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <string>

#include "exporter/app/app.hpp"
#include "tests/support/folder.hpp"
#include "tests/unit/app/scene.hpp"

namespace spark_exporter::app {
namespace {

/// The whole program as a process of its own, in which no file may be longer than 100 bytes. Made before this process
/// has threads; begins with begin().
class LimitedProgram {
 public:
  LimitedProgram() {
    EXPECT_EQ(::pipe(url_), 0);
    EXPECT_EQ(::pipe(log_), 0);
    child_ = ::fork();
    if (child_ == 0) ::_exit(live());
    ::close(url_[0]);
    ::close(log_[1]);
  }
  LimitedProgram(const LimitedProgram&) = delete;
  LimitedProgram& operator=(const LimitedProgram&) = delete;
  ~LimitedProgram() {
    ::close(url_[1]);
    ::close(log_[0]);
  }

  void begin(const std::string& url_and_state) {
    EXPECT_EQ(::write(url_[1], url_and_state.data(), url_and_state.size()), static_cast<ssize_t>(url_and_state.size()));
  }
  /// Reads what it logs up to `text`; false: it ended before, or half a minute passed.
  bool says(const std::string& text) {
    while (said_.find(text) == std::string::npos) {
      pollfd waiting{log_[0], POLLIN, 0};
      if (::poll(&waiting, 1, 30'000) != 1) return false;
      std::array<char, 4096> piece{};
      const auto got = ::read(log_[0], piece.data(), piece.size());
      if (got <= 0) return false;
      said_.append(piece.data(), static_cast<std::size_t>(got));
    }
    return true;
  }
  int end() {
    ::kill(child_, SIGTERM);
    int status = 0;
    ::waitpid(child_, &status, 0);
    return status;
  }
  const std::string& said() const { return said_; }

 private:
  int live() const {
    std::array<char, 1024> text{};
    const auto got = ::read(url_[0], text.data(), text.size() - 1);
    if (got <= 0) return 9;
    const std::string both(text.data(), static_cast<std::size_t>(got));
    const std::string url = "--spark.url=" + both.substr(0, both.find(' '));
    const std::string state = "--state.file=" + both.substr(both.find(' ') + 1);
    ::dup2(log_[1], STDERR_FILENO);
    std::signal(SIGXFSZ, SIG_DFL);
    const rlimit small{.rlim_cur = 100, .rlim_max = 100};
    if (::setrlimit(RLIMIT_FSIZE, &small) != 0) return 9;
    const std::array<const char*, 6> arguments{"spark_exporter",   "--web.listen-address=127.0.0.1:0",
                                               "--kubernetes=off", "--spark.interval=1s",
                                               url.c_str(),        state.c_str()};
    return run(static_cast<int>(arguments.size()), arguments.data());
  }

  int url_[2] = {-1, -1};
  int log_[2] = {-1, -1};
  pid_t child_ = -1;
  std::string said_;
};

TEST(StateFile, ThatMayNotGrowEndsNothing) {
  LimitedProgram program;
  DriverServer driver;
  driver.change([](test::FakeDriver& d) { d.run_job(2, 2); });
  const test::Folder folder;
  const std::string state = folder.path() + "/state";
  program.begin(driver.server().url() + " " + state);
  EXPECT_TRUE(program.says("cannot save the state")) << program.said();
  const int status = program.end();
  EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_FALSE(std::filesystem::exists(state));
}

}  // namespace
}  // namespace spark_exporter::app
