#include "comm/mpi/call.h"

#include <array>
#include <string>

#include "base/error.h"

namespace triaxis {

void mpi_call(int result) {
  if (result == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  MPI_Error_string(result, text.data(), &length);
  throw RunError("MPI: " + std::string(text.data(), static_cast<std::size_t>(length)));
}

}  // namespace triaxis
