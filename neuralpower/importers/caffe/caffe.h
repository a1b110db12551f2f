// SPDX-License-Identifier: Apache-2.0
// Reads Caffe's prototxt, deploy and train_val files, V1 and V2 syntax, as the network that Caffe
// runs at test time.
//
// Inputs: `input` with `input_dim` or `input_shape`, Input layers, and data layers (batch_size and
// crop_size; three channels, one if gray). What a data layer does not say, the user's shape must.
//
// What is not one to one:
//   BatchNorm followed by its Scale    one norm with the scale's parameters ("BatchNorm+Scale")
//   SoftmaxWithLoss and the like       the softmax or sigmoid in it
//   Accuracy, other losses, Silence    left out with their labels: no part of what is deployed
//   pooling                            Caffe rounds up; `ceil=1` or, where Caffe starts a window
//                                      in the padding, padding that says so
//   LRN within channels                size is the window's area
// A type that nobody knows is an UnsupportedOp, and so is a layer that reads what such a layer
// writes, as its shape is not known.
#pragma once

#include <filesystem>
#include <string_view>

#include "neuralpower/importers/import_options.h"
#include "neuralpower/network/network.h"

namespace neuralpower {

Network import_caffe(const std::filesystem::path& file, const ImportOptions& options);
Network parse_caffe(std::string_view text, std::string_view name,
                    const ImportOptions& options = {});

}  // namespace neuralpower
