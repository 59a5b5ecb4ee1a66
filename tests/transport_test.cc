#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "comm/local/local.h"
#include "transport_suite.h"

namespace triaxis {
namespace {

class LocalTransport : public ::testing::TestWithParam<std::tuple<TransportJob, int>> {};

TEST_P(LocalTransport, Does) {
  const auto& [job, ranks] = GetParam();
  run_local(ranks, job.run);
}

INSTANTIATE_TEST_SUITE_P(Jobs, LocalTransport,
                         ::testing::Combine(::testing::ValuesIn(transport_jobs().begin(), transport_jobs().end()),
                                            ::testing::Range(1, 9)),
                         [](const auto& test) {
                           return std::string(std::get<0>(test.param).name) + std::to_string(std::get<1>(test.param));
                         });

}  // namespace
}  // namespace triaxis
