// SPDX-License-Identifier: Apache-2.0
// The canonical text of a LayerConfig: one line that parses, prints and reproduces the layer.
//
//   conv batch=8 in=64x56x56 out=128 kernel=3x3 stride=1x1 pad=1x1
//   deconv batch=1 in=64x28x28 out=32 kernel=2x2 stride=2x2 pad=0x0 [output_pad=1x1]
//   conv3d batch=1 in=64x16x56x56 out=64 kernel=3x3x3 stride=1x1x1 pad=1x1x1      also deconv3d
//   fc batch=8 in=4096 out=1000
//   pool mode=max batch=8 in=64x112x112 kernel=3x3 stride=2x2 pad=1x1 [ceil=1]
//   pool mode=adaptive_avg batch=8 in=512x7x7 out=1x1
//   pool3d mode=max batch=1 in=64x16x56x56 kernel=1x2x2 stride=1x2x2 pad=0x0x0    mode max or avg
//   activation mode=relu batch=8 in=64x56x56
//   norm mode=batch batch=8 in=64x56x56            lrn: size=5; group: size=GROUPS
//   add batch=8 in=64x56x56 inputs=2               also mul sub div ...; broadcast=N
//   concat batch=8 in=64x28x28+128x28x28 [axis=2]
//   softmax batch=8 in=1000 [axis=1]
//   dropout batch=8 in=4096 [keep=0.9]
//   matmul batch=96 m=128 k=64 n=128
//   attention batch=8 heads=12 queries=128 keys=128 width=64
//   reduce mode=mean batch=8 in=64x7x7 to=8x64
//   view batch=8 in=512x7x7 to=8x25088
//   move mode=transpose batch=8 in=64x7x7 to=8x7x7x64
//   embedding batch=8 in=128 rows=30522 width=768
//   recurrent mode=lstm batch=8 in=35x650 hidden=650 [directions=2]
//   unsupported op=NonMaxSuppression
//
// `in` is without the batch; `pad` is one number, HxW, or top,left,bottom,right; one number n for
// kernel, stride or dilation means nxn. Over volumes, in= is channels x depth x height x width,
// sizes are DxHxW, and pad is one number, DxHxW, or front,top,left,back,bottom,right. Keys may come
// in any order; they are written in the order above, then dilation, groups, dtype and post where
// they differ from 1x1, 1, f32 and none. `post` lists what is fused behind the main operation:
// post=norm+relu+add.
#pragma once

#include <string>
#include <string_view>

#include "neuralpower/network/layer_config.h"

namespace neuralpower {

// Error (bad input) that names the key and what it should look like.
LayerConfig parse_layer(std::string_view text);

// Error, as parse_layer's, for a kind or key that does not exist and for a value that is none of
// its key. What is missing may still come from what the layer reads, and shapes are not asked.
void check_spelling(std::string_view text);

// parse_layer(format_layer(c)) == c for every well-made config.
std::string format_layer(const LayerConfig& config);

}  // namespace neuralpower
