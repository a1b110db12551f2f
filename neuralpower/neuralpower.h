// SPDX-License-Identifier: Apache-2.0
// NeuralPower as a library: runtime, power and energy of neural networks from their architecture.
//
//   read_network          ONNX, Caffe, Paleo, .layers and CSV files into a Network
//   parse_layer           one layer from its text, such as "conv batch=8 in=3x224x224 out=64 ..."
//   Device                load or train a device model; predict networks and layers
//   PreparedNetwork       one network asked again and again while its layers change
//   predict_analytically  the same from a data sheet alone
//   read_samples          measured layers from CSV files and stores
//   cross_validate        held-out errors of a method
//   measure               run layers on this machine into a store
//   rank                  networks by error and energy, and along the Pareto fronts
//
// Whatever goes wrong is thrown as Error, whose what() is one line: file, node, what is wrong and
// what to do. Quantities carry their units in their types (Seconds, Watts, Joules). Nothing prints,
// and nothing is global.
#pragma once

#include "neuralpower/api/cross_validation.h"
#include "neuralpower/api/device.h"
#include "neuralpower/api/inputs.h"
#include "neuralpower/api/measuring.h"
#include "neuralpower/api/version.h"
#include "neuralpower/base/error.h"
#include "neuralpower/base/units.h"
#include "neuralpower/decide/rank.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/network/network.h"
