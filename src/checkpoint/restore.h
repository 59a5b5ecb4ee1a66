// From a checkpoint into the parameters of a rank, whatever layout wrote it.
#pragma once

#include "checkpoint/reader.h"
#include "parameters/store.h"

namespace triaxis {

/// Copies between the part `box` of a parameter's tensor, row after row in `values`, and its blocks in a unit's tensor
/// on this rank. REQUIRES: all of the box is here.
void copy_out(Stream& stream, const ParameterStore& store, const Entry& entry, const View& unit_tensor, const Box& box,
              std::span<float> values);
void copy_in(Stream& stream, const ParameterStore& store, const Entry& entry, const View& unit_tensor, const Box& box,
             std::span<const float> values);

/// The tensor of a unit that a form is kept in.
const View& tensor_of(const Unit& unit, Form form);

/// What of a parameter a store holds.
Box box_here(const ParameterStore& store, const Entry& entry);

/// Fills a store with a checkpoint's weights and, if wanted, moments. Reads no more than this rank's part, some
/// megabytes at a time. Packed forms of the weights are the caller's to refresh. Throws UserError for a damaged file or
/// a checkpoint of another model.
void restore(ParameterStore& store, CheckpointReader& reader, Stream& stream, bool with_moments);

}  // namespace triaxis
