// The places for ranks that a job has left.
#pragma once

#include <string>
#include <vector>

namespace triaxis {

/// Slots on one or several hosts, which ranks fill in order.
class Slots {
 public:
  /// `hosts` as the MPI launcher takes it, "a:8,b:8", one slot where no number stands; empty: `ranks` slots on this
  /// machine. Throws UserError if it cannot be read.
  Slots(const std::string& hosts, int ranks);

  int count() const;
  /// The hosts with slots left, for the MPI launcher; empty: this machine.
  std::string hosts() const;
  /// The names of the hosts with slots left; none if it is this machine alone.
  std::vector<std::string> names() const;

  /// Takes the slot away on which `rank` ran. Without effect if there is none so far along.
  void lose(int rank);
  /// Takes all slots of a host away.
  void lose_host(const std::string& name);

 private:
  struct Host {
    std::string name;
    int slots = 0;
  };
  std::vector<Host> hosts_;
  bool named_ = false;
};

}  // namespace triaxis
