// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/layers/layer_list.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "neuralpower/base/checked.h"
#include "neuralpower/base/error.h"
#include "neuralpower/base/file.h"
#include "neuralpower/base/text.h"
#include "neuralpower/importers/graph/network_builder.h"
#include "neuralpower/importers/layers/layer_line.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/network/mode_names.h"
#include "neuralpower/network/shape_inference.h"

namespace neuralpower {
namespace {

bool is_elementwise(std::string_view kind) {
  return find_mode<ElementwiseMode>(kElementwiseModes, kind).has_value();
}

// Kinds that combine what they read, so that "the line before" cannot be meant.
bool joins(std::string_view kind) {
  return is_elementwise(kind) || kind == "concat" || kind == "matmul" || kind == "attention";
}

std::string without_batch(const Shape& shape) {
  return Shape(std::vector<std::int64_t>(shape.begin() + 1, shape.end())).to_string();
}

std::int64_t parse_whole(std::string_view key, std::string_view text) {
  const auto value = parse_int(text);
  if (!value || *value < 0)
    throw bad_input(std::string(key) + "=" + std::string(text) + " is not a whole number");
  return *value;
}

class ListReader {
 public:
  ListReader(std::string_view name, const ImportOptions& options)
      : builder_(std::string(name), options), options_(options) {}

  Network read(std::string_view text) {
    // Twice: the names that are given first, as those made up must be others.
    for_each_line(text, [this](const LayerLine& line) {
      if (!line.name.empty()) given_names_.insert(line.name);
      for (const LayerLine::Output& output : line.outputs) given_names_.insert(output.name);
    });
    for_each_line(text, [this](LayerLine& line) { read_line(line); });
    if (builder_.network().layers.empty()) throw bad_input("the list has no layer");
    set_params();
    return builder_.finish();
  }

 private:
  template <typename Use>
  static void for_each_line(std::string_view text, Use use) {
    std::size_t number = 0;
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      try {
        if (auto line = parse_layer_line(text.substr(0, end), ++number)) use(*line);
      } catch (Error& error) {
        error.in_node("line " + std::to_string(number));
        throw;
      }
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
  }

  // "conv1", "conv2", ...: the line's kind and a number that no line uses.
  std::string made_up_name(const std::string& kind) {
    for (;;) {
      std::string name = kind + std::to_string(++made_up_[kind]);
      if (!given_names_.contains(name)) return name;
    }
  }

  void define(const std::string& name, TensorId tensor) {
    if (!tensors_.emplace(name, tensor).second)
      throw bad_input("'" + name + "' is the name of an earlier line");
  }

  TensorId find(const std::string& name) const {
    const auto found = tensors_.find(name);
    if (found == tensors_.end())
      throw bad_input("reads '" + name + "', but no line above has that name");
    return found->second;
  }

  void read_line(LayerLine& line) {
    if (line.kind == "output") return read_output(line);
    if (line.name.empty()) {
      const bool is_first_input =
          line.kind == "input" && !given_names_.contains("input") && !tensors_.contains("input");
      line.name = is_first_input ? "input" : made_up_name(line.kind);
    }
    if (line.kind == "input" || line.kind == "constant") return read_tensor(line);
    read_layer(line);
  }

  // input batch=8 in=3x224x224 [dtype=f32], or shape=8x3x224x224
  void read_tensor(LayerLine& line) {
    if (line.inputs || !line.outputs.empty())
      throw bad_input("an " + line.kind + " line reads and writes nothing");
    Shape shape;
    if (const auto whole = line.take("shape")) {
      const auto parsed = Shape::parse(*whole);
      if (!parsed && *whole != "scalar")
        throw bad_input("shape=" + *whole + " is not sizes such as 8x3x224x224");
      if (parsed) shape = *parsed;
    } else {
      std::vector<std::int64_t> sizes = {parse_whole("batch", line.take("batch").value_or("1"))};
      if (const auto in = line.take("in")) {
        const auto parsed = Shape::parse(*in);
        if (!parsed) throw bad_input("in=" + *in + " is not sizes such as 3x224x224");
        sizes.insert(sizes.end(), parsed->begin(), parsed->end());
      }
      shape = Shape(std::move(sizes));
    }
    DataType dtype = DataType::kF32;
    if (const auto name = line.take("dtype")) {
      const auto parsed = parse_data_type(*name);
      if (!parsed) throw bad_input("dtype=" + *name + " is not a data type");
      dtype = *parsed;
    }
    if (!line.keys.empty())
      throw bad_input("an " + line.kind + " line has no '" + std::string(line.keys[0]) +
                      "'; it has batch=, in=, shape= and dtype=");
    if (line.kind == "constant")
      return define(line.name, builder_.add_constant(line.name, std::move(shape), dtype));
    const std::int64_t files_batch = shape.empty() ? 1 : shape[0];
    const TensorId id = builder_.add_input(line.name, std::move(shape), dtype);
    if (builder_.network().inputs.size() == 1) note_batch(files_batch, builder_.network().batch);
    define(line.name, id);
    previous_ = id;
  }

  void read_output(LayerLine& line) {
    if (!line.inputs || !line.keys.empty() || !line.name.empty() || !line.outputs.empty())
      throw bad_input("an output line names what leaves the network: 'output <- NAME, NAME'");
    for (const std::string& name : *line.inputs) builder_.network().outputs.push_back(find(name));
  }

  void note_batch(std::int64_t in_file, std::int64_t wanted) {
    files_batch_ = in_file;
    wanted_batch_ = wanted;
  }

  // A size that the file writes for its batch, at the wanted batch.
  std::int64_t rebatched(std::int64_t size) const {
    if (files_batch_ < 1 || size % files_batch_ != 0)
      throw bad_input("the batch size cannot be changed: " + std::to_string(size) +
                      " is no multiple of the list's batch " + std::to_string(files_batch_));
    return checked_mul(size / files_batch_, wanted_batch_);
  }

  void rebatch(LayerLine& line) {
    if (files_batch_ == wanted_batch_) return;
    if (const auto batch = line.take("batch"))
      line.add("batch", std::to_string(rebatched(parse_whole("batch", *batch))));
    if (const auto to = line.take("to")) {
      auto shape = Shape::parse(*to);
      if (shape) (*shape)[0] = rebatched((*shape)[0]);
      line.add("to", shape ? shape->to_string() : *to);
    }
    for (LayerLine::Output& output : line.outputs)
      if (output.shape && !output.shape->empty())
        (*output.shape)[0] = rebatched((*output.shape)[0]);
  }

  // Puts in what the line leaves out and its inputs tell.
  void complete(LayerLine& line, const std::vector<TensorId>& inputs) {
    if (inputs.empty() || line.kind == "unsupported") return;
    // Complete as it is: a vector, which has a batch and no in=.
    if (line.has("batch") && line.inputs && !line.outputs.empty()) return;
    if (line.kind == "matmul") return complete_matmul(line, inputs);
    if (line.kind == "attention") return complete_attention(line, inputs);
    if (is_elementwise(line.kind)) return complete_elementwise(line, inputs);
    if (!line.has("in")) {
      std::string in;
      for (TensorId input : inputs) {
        const Shape& shape = builder_.shape(input);
        if (shape.rank() > 1) in += (in.empty() ? "" : "+") + without_batch(shape);
        if (!line.has("batch") && batch_of(input) != batch_of(inputs[0]))
          throw bad_input("reads tensors of different batch; give batch= and in=");
      }
      if (!in.empty()) line.add("in", in);
    }
    if (!line.has("batch")) line.add("batch", std::to_string(batch_of(inputs[0])));
  }

  std::int64_t batch_of(TensorId input) const {
    const Shape& shape = builder_.shape(input);
    if (shape.empty()) throw bad_input("reads a scalar; give batch= and in=");
    return shape[0];
  }

  void complete_elementwise(LayerLine& line, const std::vector<TensorId>& inputs) {
    if (!line.has("inputs") && inputs.size() > 2) line.add("inputs", std::to_string(inputs.size()));
    if (line.has("in")) {
      if (!line.has("batch")) line.add("batch", std::to_string(batch_of(inputs[0])));
      return;
    }
    const auto is_vector = [&](TensorId input) { return builder_.shape(input).rank() < 2; };
    if (line.has("batch") && std::any_of(inputs.begin(), inputs.end(), is_vector)) return;
    std::vector<std::int64_t> sizes = builder_.shape(inputs[0]).sizes();
    for (TensorId input : inputs) {
      const Shape& shape = builder_.shape(input);
      if (shape.rank() != sizes.size())
        throw bad_input("reads tensors of different rank; give batch= and in= of the result");
      for (std::size_t k = 0; k < sizes.size(); ++k) {
        if (sizes[k] == 1) sizes[k] = shape[k];
        if (shape[k] != sizes[k] && shape[k] != 1)
          throw bad_input("cannot combine " + Shape(sizes).to_string() + " and " +
                          shape.to_string());
      }
    }
    const Shape result(std::move(sizes));
    if (result.empty()) throw bad_input("reads scalars; give batch= and in=");
    const auto smaller = std::count_if(inputs.begin(), inputs.end(), [&](TensorId input) {
      return builder_.shape(input) != result;
    });
    if (!line.has("batch")) line.add("batch", std::to_string(result[0]));
    if (result.rank() > 1) line.add("in", without_batch(result));
    if (smaller > 0 && !line.has("broadcast")) line.add("broadcast", std::to_string(smaller));
  }

  void complete_matmul(LayerLine& line, const std::vector<TensorId>& inputs) {
    if (line.has("m") || line.has("k") || line.has("n") || line.has("batch")) return;
    if (inputs.size() != 2) throw bad_input("a matmul reads two tensors; give batch=, m=, k=, n=");
    const Shape &a = builder_.shape(inputs[0]), &b = builder_.shape(inputs[1]);
    if (a.rank() != 3 || b.rank() != 3 || a[0] != b[0] || a[2] != b[1])
      throw bad_input("cannot multiply " + a.to_string() + " and " + b.to_string());
    line.add("batch", std::to_string(a[0]));
    line.add("m", std::to_string(a[1]));
    line.add("k", std::to_string(a[2]));
    line.add("n", std::to_string(b[2]));
  }

  void complete_attention(LayerLine& line, const std::vector<TensorId>& inputs) {
    if (line.has("heads") || line.has("queries") || line.has("width") || line.has("batch")) return;
    const Shape &q = builder_.shape(inputs[0]), &k = builder_.shape(inputs[inputs.size() > 1]);
    if (q.rank() != 4 || k.rank() != 4)
      throw bad_input("attention reads batch x heads x length x width, not " + q.to_string());
    line.add("batch", std::to_string(q[0]));
    line.add("heads", std::to_string(q[1]));
    line.add("queries", std::to_string(q[2]));
    line.add("keys", std::to_string(k[2]));
    line.add("width", std::to_string(q[3]));
  }

  // A line that says both what it reads and what it writes is taken at its word.
  void check_inputs(const LayerLine& line, const LayerConfig& config,
                    const std::vector<TensorId>& inputs) const {
    if (line.inputs && !line.outputs.empty()) return;
    std::vector<const Tensor*> read;
    for (TensorId input : inputs) read.push_back(&builder_.tensor(input));
    if (const auto misfit = find_misfit(config, read)) throw bad_input(*misfit);
  }

  std::vector<TensorId> resolve_inputs(const LayerLine& line) const {
    std::vector<TensorId> inputs;
    if (line.inputs) {
      for (const std::string& name : *line.inputs) inputs.push_back(find(name));
    } else if (previous_) {
      if (joins(line.kind))
        throw bad_input("say what it reads: '" + line.kind + " ... <- NAME, NAME'");
      inputs.push_back(*previous_);
    }
    return inputs;
  }

  void read_layer(LayerLine& line) {
    std::optional<std::int64_t> params;
    if (const auto text = line.take("params")) params = parse_whole("params", *text);
    std::vector<TensorId> inputs = resolve_inputs(line);
    // A list without an input line: its first layer's batch is the list's.
    if (inputs.empty() && builder_.network().inputs.empty() && options_.batch)
      note_batch(parse_whole("batch", line.get("batch").value_or("1")), *options_.batch);
    rebatch(line);
    complete(line, inputs);
    std::string text = line.kind;
    for (const std::string& key : line.keys) text.append(" ").append(key);
    LayerConfig config = parse_layer(text);
    if (!line.inputs && inputs.empty()) {
      for (std::size_t i = 0; i < config.inputs.size(); ++i) {
        const std::string name =
            i == 0 && !tensors_.contains("input") && !given_names_.contains("input")
                ? "input"
                : made_up_name("input");
        inputs.push_back(builder_.add_input(name, config.inputs[i], config.dtype));
        define(name, inputs.back());
      }
    }
    check_inputs(line, config, inputs);
    add_layer(line, std::move(config), std::move(inputs));
    given_params_.push_back(params);
  }

  void add_layer(const LayerLine& line, LayerConfig config, std::vector<TensorId> inputs) {
    const auto& outputs = line.outputs;
    TensorId first = 0;
    if (const auto* op = std::get_if<UnsupportedOp>(&config.op)) {
      first = builder_.add_unsupported(line.name, op->name, op->reason, std::move(inputs));
    } else {
      first = builder_.add_config(line.name, line.kind, std::move(config), std::move(inputs));
    }
    const std::string& first_name =
        outputs.empty() || outputs[0].name.empty() ? line.name : outputs[0].name;
    if (!outputs.empty()) {
      builder_.set_shape(first, outputs[0].shape);
      builder_.network().tensors[static_cast<std::size_t>(first)].name = first_name;
    }
    define(first_name, first);
    for (std::size_t i = 1; i < outputs.size(); ++i) {
      const TensorId id = builder_.add_output(outputs[i].name, Shape());
      builder_.set_shape(id, outputs[i].shape);
      define(outputs[i].name, id);
    }
    previous_ = first;
  }

  // Biases, now that every reader is known, and what params= says.
  void set_params() {
    Network& network = builder_.network();
    std::vector<bool> read_by_batch_norm(network.tensors.size(), false);
    for (const Layer& layer : network.layers) {
      const auto* norm = std::get_if<Normalization>(&layer.config.op);
      if (norm != nullptr && norm->mode == NormMode::kBatch && !layer.inputs.empty())
        read_by_batch_norm[static_cast<std::size_t>(layer.inputs[0])] = true;
    }
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
      Layer& layer = network.layers[i];
      if (given_params_[i]) {
        layer.params = *given_params_[i];
      } else {
        layer.params = learned_params(
            layer.config, !read_by_batch_norm[static_cast<std::size_t>(layer.outputs[0])]);
      }
    }
  }

  NetworkBuilder builder_;
  const ImportOptions& options_;
  std::unordered_set<std::string> given_names_;
  std::unordered_map<std::string, std::int64_t> made_up_;
  std::unordered_map<std::string, TensorId> tensors_;
  std::vector<std::optional<std::int64_t>> given_params_;
  std::optional<TensorId> previous_;
  std::int64_t files_batch_ = 1, wanted_batch_ = 1;
};

bool is_plain(char c) {
  return c > ' ' && c < 0x7F && c != ',' && c != '#' && c != '<' && c != '>' && c != '\\';
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

std::optional<std::string> find_misfit(const LayerConfig& config,
                                       const std::vector<const Tensor*>& read) {
  // An element-wise layer may read more than it combines: a quantised one its computed scale.
  const bool unchecked = std::holds_alternative<UnsupportedOp>(config.op) ||
                         std::holds_alternative<Elementwise>(config.op);
  if (unchecked) return std::nullopt;
  if (std::holds_alternative<Concat>(config.op) && read.size() != config.inputs.size())
    return "in= has " + std::to_string(config.inputs.size()) + " parts, but it reads " +
           std::to_string(read.size()) + " tensors";
  if (std::holds_alternative<MatMul>(config.op) || std::holds_alternative<Attention>(config.op))
    return std::nullopt;
  for (std::size_t i = 0; i < std::min(read.size(), config.inputs.size()); ++i) {
    if (!read[i]->shape_known) continue;
    if (read[i]->shape.element_count() == config.inputs[i].element_count()) continue;
    return "its input is " + config.inputs[i].to_string() + ", but '" + read[i]->name + "' gives " +
           read[i]->shape.to_string() +
           "; leave in= and batch= out, or name what it reads with '<- NAME'";
  }
  return std::nullopt;
}

Network parse_layer_list(std::string_view text, std::string_view name,
                         const ImportOptions& options) {
  return ListReader(name, options).read(text);
}

Network import_layer_list(const std::filesystem::path& file, const ImportOptions& options) {
  return parse_layer_list(read_file(file, kLargestNetworkText), file.stem().string(), options);
}

std::string escape_name(std::string_view name) {
  // printable() knows which UTF-8 is sound; what it leaves alone beyond ASCII may stay.
  std::string text;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto c = static_cast<unsigned char>(name[i]);
    std::size_t length = 1;
    if (c >= 0x80) {
      while (length < 4 && i + length < name.size() &&
             (static_cast<unsigned char>(name[i + length]) & 0xC0) == 0x80)
        ++length;
      const std::string_view sequence = name.substr(i, length);
      if (printable(sequence) == sequence) {
        text += sequence;
        i += length - 1;
        continue;
      }
    } else if (is_plain(name[i])) {
      text += name[i];
      continue;
    }
    static constexpr char kHex[] = "0123456789abcdef";
    text += {'\\', 'x', kHex[c >> 4], kHex[c & 15]};
  }
  return text;
}

std::string unescape_name(std::string_view text) {
  std::string name;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && text[i + 1] == 'x' &&
        hex_digit(text[i + 2]) >= 0 && hex_digit(text[i + 3]) >= 0) {
      name += static_cast<char>(hex_digit(text[i + 2]) * 16 + hex_digit(text[i + 3]));
      i += 3;
    } else {
      name += text[i];
    }
  }
  return name;
}

}  // namespace neuralpower
