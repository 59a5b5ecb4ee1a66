#include "base/error.h"

#include <gmock/gmock.h>

namespace triaxis {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(Check, NamesThePlaceOfTheCaller) {
  EXPECT_NO_THROW(check(true, "never said"));
  EXPECT_THAT([] { check(false, "rows must be sorted"); },
              ThrowsMessage<std::logic_error>(AllOf(HasSubstr("error_test.cc:"), EndsWith(": rows must be sorted"))));
}

}  // namespace
}  // namespace triaxis
