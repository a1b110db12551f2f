// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/caffe/caffe_inputs.h"

#include <algorithm>
#include <array>

#include "neuralpower/base/error.h"

namespace neuralpower {
namespace {

// A shape with a size that is not positive is one that the file leaves open.
std::optional<Shape> to_shape(std::vector<std::int64_t> dims) {
  if (dims.empty()) return std::nullopt;
  for (std::int64_t dim : dims)
    if (dim < 1) return std::nullopt;
  return Shape(std::move(dims));
}

std::vector<std::optional<Shape>> shape_messages(const TextMessage& params, const char* name) {
  std::vector<std::optional<Shape>> shapes;
  for (const TextField& field : params.fields)
    if (field.name == name && field.message)
      shapes.push_back(to_shape(field.message->wholes("dim")));
  return shapes;
}

// One for all, or one for each.
void spread(std::vector<std::optional<Shape>>& shapes, std::size_t count) {
  if (shapes.size() == 1) shapes.resize(count, shapes[0]);
}

struct DataLayer {
  std::string_view type, params;
};
constexpr std::array<DataLayer, 10> kDataLayers = {{
    {"Input", "input_param"},
    {"DummyData", "dummy_data_param"},
    {"MemoryData", "memory_data_param"},
    {"Data", "data_param"},
    {"ImageData", "image_data_param"},
    {"WindowData", "window_data_param"},
    {"HDF5Data", "hdf5_data_param"},
    {"AnnotatedData", "data_param"},
    {"VideoData", "video_data_param"},
    {"DenseImageData", "dense_image_data_param"},
}};

std::string_view params_of(const CaffeLayer& layer) {
  for (const DataLayer& row : kDataLayers)
    if (row.type == layer.type) return row.params;
  return {};
}

// num, channels, height, width: how shapes were given before `shape`.
std::vector<std::optional<Shape>> four_fields(const TextMessage& params) {
  const auto num = params.wholes("num"), channels = params.wholes("channels"),
             height = params.wholes("height"), width = params.wholes("width");
  std::vector<std::optional<Shape>> shapes;
  for (std::size_t i = 0; i < num.size(); ++i) {
    if (i >= channels.size() || i >= height.size() || i >= width.size())
      throw bad_input("'num', 'channels', 'height' and 'width' are not given equally often");
    shapes.push_back(to_shape({num[i], channels[i], height[i], width[i]}));
  }
  return shapes;
}

std::optional<Shape> image_shape(const CaffeLayer& layer, const TextMessage& params) {
  const TextMessage& transform = layer.params("transform_param");
  const TextMessage* resize = transform.message("resize_param");
  const std::int64_t batch = params.whole("batch_size").value_or(1);
  const bool gray = transform.flag("force_gray", false) || !params.flag("is_color", true);
  std::optional<std::int64_t> height, width;
  if (resize != nullptr) {
    height = resize->whole("height");
    width = resize->whole("width");
  }
  if (const auto size = params.whole("new_height")) height = size;
  if (const auto size = params.whole("new_width")) width = size;
  for (const TextMessage* place : {&params, &transform}) {  // V1 had it among the parameters
    if (const auto crop = place->whole("crop_size"); crop && *crop > 0) height = width = crop;
    if (const auto crop = place->whole("crop_height"); crop && *crop > 0) height = crop;
    if (const auto crop = place->whole("crop_width"); crop && *crop > 0) width = crop;
  }
  if (!height || !width) return std::nullopt;
  return to_shape({batch, gray ? 1 : 3, *height, *width});
}

}  // namespace

std::vector<std::pair<std::string, std::optional<Shape>>> declared_inputs(const TextMessage& net) {
  const std::vector<std::string> names = net.texts("input");
  std::vector<std::optional<Shape>> shapes = shape_messages(net, "input_shape");
  const std::vector<std::int64_t> dims = net.wholes("input_dim");
  if (shapes.empty() && !dims.empty()) {
    if (dims.size() != 4 * names.size())
      throw bad_input(std::to_string(names.size()) + " inputs need " +
                      std::to_string(4 * names.size()) + " input_dim, not " +
                      std::to_string(dims.size()));
    for (std::size_t i = 0; i < dims.size(); i += 4)
      shapes.push_back(to_shape({dims[i], dims[i + 1], dims[i + 2], dims[i + 3]}));
  }
  spread(shapes, names.size());
  shapes.resize(names.size());
  std::vector<std::pair<std::string, std::optional<Shape>>> inputs;
  for (std::size_t i = 0; i < names.size(); ++i) inputs.emplace_back(names[i], shapes[i]);
  return inputs;
}

bool is_data_layer(const CaffeLayer& layer) { return !params_of(layer).empty(); }

bool has_own_shapes(const CaffeLayer& layer) {
  return layer.type == "Input" || layer.type == "DummyData";
}

std::vector<std::optional<Shape>> data_shapes(const CaffeLayer& layer) {
  const TextMessage& params = layer.params(params_of(layer));
  std::vector<std::optional<Shape>> shapes;
  if (has_own_shapes(layer)) {
    shapes = shape_messages(params, "shape");
    if (shapes.empty()) shapes = four_fields(params);
    spread(shapes, layer.tops.size());
  } else if (layer.type == "MemoryData") {
    shapes.push_back(
        to_shape({params.whole("batch_size").value_or(0), params.whole("channels").value_or(0),
                  params.whole("height").value_or(0), params.whole("width").value_or(0)}));
  } else {
    shapes.push_back(image_shape(layer, params));
  }
  return shapes;
}

}  // namespace neuralpower
