// The program: finds the subcommand and turns failures into one line and an exit code.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <exception>

#include "base/error.h"
#include "base/log.h"
#include "cli/convert.h"
#include "cli/exit.h"
#include "cli/generate.h"
#include "cli/inspect.h"
#include "cli/schedule.h"
#include "cli/tokenize.h"
#include "cli/topology.h"
#include "cli/train.h"

int main(int argc, char** argv) {
  CLI::App app("Trains, plans and simulates large language models under hybrid parallelism.", "triaxis");
  app.require_subcommand(1);
  app.set_version_flag("--version", "triaxis 0.1.0");
  triaxis::add_train(app, argv);
  triaxis::add_generate(app);
  triaxis::add_tokenize(app);
  triaxis::add_inspect(app);
  triaxis::add_convert(app);
  triaxis::add_schedule(app);
  triaxis::add_topology(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    triaxis::log_error(fmt::format("{} (--help says more)", error.what()));
    return 2;
  } catch (const triaxis::Exit& exit) {
    return exit.code;
  } catch (const triaxis::UserError& error) {
    triaxis::log_error(error.what());
    return 2;
  } catch (const std::exception& error) {
    triaxis::log_error(error.what());
    return 1;
  }
  return 0;
}
