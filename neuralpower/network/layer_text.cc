// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/network/layer_text.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/network/mode_names.h"

namespace neuralpower {
namespace {

// ---- Reading --------------------------------------------------------------------------------

// The key=value pairs of one line; each key is taken once, and leftovers are an error, so that a
// misspelt key cannot pass for a default.
class Fields {
 public:
  // Lenient: what is missing is read as 1 or as the first mode.
  Fields(std::string_view kind, const std::vector<std::string_view>& words, bool lenient = false)
      : kind_(kind), lenient_(lenient) {
    for (std::size_t i = 1; i < words.size(); ++i) {
      const std::size_t equals = words[i].find('=');
      if (equals == std::string_view::npos || equals == 0)
        throw bad_input("'" + std::string(words[i]) + "' is not key=value");
      if (!values_.emplace(words[i].substr(0, equals), words[i].substr(equals + 1)).second)
        throw bad_input("key '" + std::string(words[i].substr(0, equals)) + "' is given twice");
    }
  }

  std::optional<std::string_view> take(std::string_view key) {
    known_.emplace_back(key);
    const auto found = values_.find(key);
    if (found == values_.end()) return std::nullopt;
    const std::string_view value = found->second;
    values_.erase(found);
    return value;
  }

  std::string_view need(std::string_view key) {
    const auto value = take(key);
    if (!value && lenient_) return "1";
    if (!value)
      throw bad_input("a " + std::string(kind_) + " layer needs " + std::string(key) + "=...");
    return *value;
  }

  static std::int64_t whole(std::string_view key, std::string_view text) {
    const auto value = parse_int(text);
    if (!value || *value < 0) wrong(key, text, "a whole number");
    return *value;
  }
  std::int64_t need_whole(std::string_view key) { return whole(key, need(key)); }
  std::int64_t whole_or(std::string_view key, std::int64_t fallback) {
    const auto text = take(key);
    return text ? whole(key, *text) : fallback;
  }

  static Shape shape(std::string_view key, std::string_view text) {
    const auto value = Shape::parse(text);
    if (!value) wrong(key, text, "sizes such as 64x56x56");
    return *value;
  }

  // What comes out may have no dimension at all.
  Shape need_result() {
    const std::string_view text = need("to");
    return text == "scalar" ? Shape() : shape("to", text);
  }

  void read_size(std::string_view key, Size2& size) {
    const auto text = take(key);
    if (!text) return;
    const Shape sizes = shape(key, *text);
    if (sizes.rank() > 2) wrong(key, *text, "a number or HxW");
    size = {sizes[0], sizes.back()};
  }
  void read_size(std::string_view key, Size3& size) {
    const auto text = take(key);
    if (!text) return;
    const Shape sizes = shape(key, *text);
    if (sizes.rank() != 1 && sizes.rank() != 3) wrong(key, *text, "a number or DxHxW");
    size = {sizes[0], sizes[sizes.rank() / 2], sizes.back()};
  }
  template <typename Size>
  void need_size(std::string_view key, Size& size) {
    if (!values_.contains(key)) need(key);
    read_size(key, size);
  }

  void read_padding(Padding& pad) {
    if (const auto sides = padding_sides(4)) {
      pad = {(*sides)[0], (*sides)[1], (*sides)[2], (*sides)[3]};
      return;
    }
    Size2 both{0, 0};
    read_size("pad", both);
    pad = {both.h, both.w, both.h, both.w};
  }
  void read_padding(Padding3& pad) {
    if (const auto sides = padding_sides(6)) {
      pad.before = {(*sides)[0], (*sides)[1], (*sides)[2]};
      pad.after = {(*sides)[3], (*sides)[4], (*sides)[5]};
      return;
    }
    Size3 both{0, 0, 0};
    read_size("pad", both);
    pad = {both, both};
  }

  template <typename Mode, std::size_t N>
  Mode need_mode(const ModeNames<N>& names) {
    const bool given = values_.contains("mode");
    const std::string_view text = need("mode");
    if (!given && lenient_) return Mode{};
    const auto mode = find_mode<Mode>(names, text);
    if (mode) return *mode;
    std::string list;
    for (std::string_view name : names) list += (list.empty() ? "" : "|") + std::string(name);
    wrong("mode", text, list);
  }

  // "in", with `batch` put in front of each part.
  std::vector<Shape> inputs() {
    const std::int64_t batch = whole_or("batch", 1);
    std::vector<Shape> shapes;
    const auto text = take("in");
    if (!text) return {Shape{batch}};
    for (std::string_view part : split(*text, '+')) {
      std::vector<std::int64_t> sizes = {batch};
      const Shape without_batch = shape("in", part);
      sizes.insert(sizes.end(), without_batch.begin(), without_batch.end());
      shapes.emplace_back(std::move(sizes));
    }
    return shapes;
  }
  std::vector<Shape> need_inputs() {
    if (!values_.contains("in")) need("in");
    return inputs();
  }

  void expect_no_more() const {
    if (values_.empty()) return;
    const std::string key(values_.begin()->first);
    const auto near = closest_word(key, known_);
    throw bad_input("a " + std::string(kind_) + " layer has no key '" + key + "'" +
                    (near ? "; did you mean '" + *near + "'?" : ""));
  }

  [[noreturn]] static void wrong(std::string_view key, std::string_view text,
                                 std::string_view wanted) {
    throw bad_input(std::string(key) + "=" + std::string(text) + " is not " + std::string(wanted));
  }

 private:
  // Padding with a number for each side, if it is written so.
  std::optional<std::vector<std::int64_t>> padding_sides(std::size_t count) {
    const auto found = values_.find("pad");
    if (found == values_.end() || found->second.find(',') == std::string_view::npos)
      return std::nullopt;
    const std::string_view text = *take("pad");
    const auto pieces = split(text, ',');
    if (pieces.size() != count)
      wrong("pad", text,
            count == 4 ? "a number, HxW or top,left,bottom,right"
                       : "a number, DxHxW or front,top,left,back,bottom,right");
    std::vector<std::int64_t> sides;
    for (const std::string_view piece : pieces) sides.push_back(whole("pad", piece));
    return sides;
  }

  std::string_view kind_;
  bool lenient_;
  std::map<std::string_view, std::string_view> values_;
  std::vector<std::string> known_;
};

struct Parsed {
  Op op;
  std::vector<Shape> inputs;
};

template <typename Windows>
void read_windows(Fields& f, Windows& op) {
  f.need_size("kernel", op.kernel);
  f.read_size("stride", op.stride);
  f.read_padding(op.pad);
  f.read_size("dilation", op.dilation);
}

template <typename AnyConvolution>
Parsed parse_convolution(Fields& f) {
  AnyConvolution op;
  op.out_channels = f.need_whole("out");
  read_windows(f, op);
  op.groups = f.whole_or("groups", 1);
  if constexpr (requires { op.output_pad; }) f.read_size("output_pad", op.output_pad);
  return {op, f.need_inputs()};
}

Parsed parse_fc(Fields& f) { return {FullyConnected{f.need_whole("out")}, f.need_inputs()}; }

Parsed parse_pool(Fields& f) {
  Pooling op;
  op.mode = f.need_mode<PoolMode>(kPoolModes);
  if (op.mode == PoolMode::kAdaptiveAverage || op.mode == PoolMode::kAdaptiveMax) {
    f.need_size("out", op.out);
  } else {
    read_windows(f, op);
    op.ceil_mode = f.whole_or("ceil", 0) != 0;
  }
  return {op, f.need_inputs()};
}

Parsed parse_pool3d(Fields& f) {
  Pooling3d op;
  op.mode = f.need_mode<PoolMode>(kPoolModes);
  read_windows(f, op);
  op.ceil_mode = f.whole_or("ceil", 0) != 0;
  return {op, f.need_inputs()};
}

Parsed parse_activation(Fields& f) {
  return {Activation{f.need_mode<ActivationMode>(kActivationModes)}, f.inputs()};
}

Parsed parse_norm(Fields& f) {
  Normalization op;
  op.mode = f.need_mode<NormMode>(kNormModes);
  op.size = f.whole_or("size", 0);
  return {op, f.need_inputs()};
}

Parsed parse_concat(Fields& f) {
  Concat op{f.whole_or("axis", 1)};
  return {op, f.need_inputs()};
}

Parsed parse_softmax(Fields& f) {
  const auto axis = f.take("axis");
  return {Softmax{axis ? Fields::whole("axis", *axis) : -1}, f.inputs()};
}

Parsed parse_dropout(Fields& f) {
  Dropout op;
  if (const auto keep = f.take("keep")) {
    const auto value = parse_double(*keep);
    if (!value) Fields::wrong("keep", *keep, "a probability");
    op.keep = *value;
  }
  return {op, f.inputs()};
}

Parsed parse_matmul(Fields& f) {
  const std::int64_t batch = f.whole_or("batch", 1), m = f.need_whole("m"), k = f.need_whole("k"),
                     n = f.need_whole("n");
  return {MatMul{}, {Shape{batch, m, k}, Shape{batch, k, n}}};
}

Parsed parse_attention(Fields& f) {
  const std::int64_t batch = f.whole_or("batch", 1), heads = f.need_whole("heads");
  const std::int64_t queries = f.need_whole("queries"), keys = f.whole_or("keys", queries);
  const std::int64_t width = f.need_whole("width");
  return {Attention{}, {Shape{batch, heads, queries, width}, Shape{batch, heads, keys, width}}};
}

Parsed parse_reduce(Fields& f) {
  Reduction op;
  op.mode = f.need_mode<ReduceMode>(kReduceModes);
  op.to = f.need_result();
  return {op, f.inputs()};
}

Parsed parse_view(Fields& f) { return {View{f.need_result()}, f.inputs()}; }

Parsed parse_move(Fields& f) {
  DataMovement op;
  op.mode = f.need_mode<MoveMode>(kMoveModes);
  op.to = f.need_result();
  return {op, f.inputs()};
}

Parsed parse_embedding(Fields& f) {
  Embedding op;
  op.rows = f.need_whole("rows");
  op.width = f.need_whole("width");
  return {op, f.inputs()};
}

Parsed parse_recurrent(Fields& f) {
  Recurrent op;
  op.mode = f.need_mode<RecurrentMode>(kRecurrentModes);
  op.hidden = f.need_whole("hidden");
  op.directions = f.whole_or("directions", 1);
  return {op, f.need_inputs()};
}

Parsed parse_unsupported(Fields& f) {
  return {UnsupportedOp{std::string(f.need("op")), "named so in its source"}, f.inputs()};
}

struct KindRow {
  std::string_view kind;
  Parsed (*parse)(Fields&);
};

constexpr KindRow kKinds[] = {
    {"conv", parse_convolution<Convolution>},
    {"deconv", parse_convolution<TransposedConvolution>},
    {"conv3d", parse_convolution<Convolution3d>},
    {"deconv3d", parse_convolution<TransposedConvolution3d>},
    {"fc", parse_fc},
    {"pool", parse_pool},
    {"pool3d", parse_pool3d},
    {"activation", parse_activation},
    {"norm", parse_norm},
    {"concat", parse_concat},
    {"softmax", parse_softmax},
    {"dropout", parse_dropout},
    {"matmul", parse_matmul},
    {"attention", parse_attention},
    {"reduce", parse_reduce},
    {"view", parse_view},
    {"move", parse_move},
    {"embedding", parse_embedding},
    {"recurrent", parse_recurrent},
    {"unsupported", parse_unsupported},
};

Parsed parse_kind(std::string_view kind, Fields& fields) {
  for (const KindRow& row : kKinds)
    if (row.kind == kind) return row.parse(fields);
  if (const auto mode = find_mode<ElementwiseMode>(kElementwiseModes, kind)) {
    Elementwise op{*mode, fields.whole_or("inputs", 2), fields.whole_or("broadcast", 0)};
    return {op, fields.inputs()};
  }
  std::vector<std::string> names;
  for (const KindRow& row : kKinds) names.emplace_back(row.kind);
  for (std::string_view name : kElementwiseModes) names.emplace_back(name);
  const auto near = closest_word(kind, names);
  throw bad_input("'" + std::string(kind) + "' is not a layer kind" +
                  (near ? "; did you mean '" + *near + "'?" : ""));
}

PostOp parse_post_op(std::string_view name) {
  if (name == "norm") return {PostOp::Kind::kNormalization, {}};
  if (name == "add") return {PostOp::Kind::kAdd, {}};
  if (name == "mul") return {PostOp::Kind::kMul, {}};
  const auto mode = find_mode<ActivationMode>(kActivationModes, name);
  if (!mode) Fields::wrong("post", name, "norm, add, mul or an activation mode");
  return {PostOp::Kind::kActivation, *mode};
}

// ---- Writing --------------------------------------------------------------------------------

std::string text_of(Size2 size) { return std::to_string(size.h) + "x" + std::to_string(size.w); }

std::string text_of(const Size3& size) {
  return std::to_string(size.d) + "x" + text_of(Size2{size.h, size.w});
}

std::string text_of(const Padding& p) {
  if (p.top == p.bottom && p.left == p.right) return text_of(Size2{p.top, p.left});
  return std::to_string(p.top) + "," + std::to_string(p.left) + "," + std::to_string(p.bottom) +
         "," + std::to_string(p.right);
}

std::string text_of(const Padding3& p) {
  if (p.before == p.after) return text_of(p.before);
  std::string text = text_of(p.before) + "x" + text_of(p.after);
  std::replace(text.begin(), text.end(), 'x', ',');
  return text;
}

std::string without_batch(const Shape& shape) {
  return Shape(std::vector<std::int64_t>(shape.begin() + 1, shape.end())).to_string();
}

struct Format {
  const LayerConfig& config;

  std::string batch() const { return " batch=" + std::to_string(config.batch()); }
  std::string batch_in() const {
    std::string text = batch();
    if (config.inputs.empty() || config.inputs[0].rank() < 2) return text;
    text += " in=";
    for (std::size_t i = 0; i < config.inputs.size(); ++i)
      text += (i == 0 ? "" : "+") + without_batch(config.inputs[i]);
    return text;
  }
  template <typename Windows>
  static std::string windows(const Windows& op) {
    return " kernel=" + text_of(op.kernel) + " stride=" + text_of(op.stride) +
           " pad=" + text_of(op.pad);
  }
  template <typename Windows>
  static std::string dilation(const Windows& op) {
    return op.dilation == Windows{}.dilation ? "" : " dilation=" + text_of(op.dilation);
  }
  template <typename AnyConvolution>
  std::string convolution(const AnyConvolution& op) const {
    std::string text = std::string(kind_of(op)) + batch_in() +
                       " out=" + std::to_string(op.out_channels) + windows(op);
    if constexpr (requires { op.output_pad; })
      if (op.output_pad != AnyConvolution{}.output_pad)
        text += " output_pad=" + text_of(op.output_pad);
    text += dilation(op);
    if (op.groups != 1) text += " groups=" + std::to_string(op.groups);
    return text;
  }

  std::string operator()(const Convolution& op) const { return convolution(op); }
  std::string operator()(const TransposedConvolution& op) const { return convolution(op); }
  std::string operator()(const Convolution3d& op) const { return convolution(op); }
  std::string operator()(const TransposedConvolution3d& op) const { return convolution(op); }
  std::string operator()(const FullyConnected& op) const {
    return "fc" + batch_in() + " out=" + std::to_string(op.outputs);
  }
  std::string operator()(const MatMul&) const {
    const Shape &a = config.inputs[0], &b = config.inputs[1];
    return "matmul" + batch() + " m=" + std::to_string(a[1]) + " k=" + std::to_string(a[2]) +
           " n=" + std::to_string(b[2]);
  }
  std::string operator()(const Pooling& op) const {
    std::string text = "pool mode=" + std::string(to_string(op.mode)) + batch_in();
    if (op.mode == PoolMode::kAdaptiveAverage || op.mode == PoolMode::kAdaptiveMax)
      return text + " out=" + text_of(op.out);
    return text + windows(op) + (op.ceil_mode ? " ceil=1" : "") + dilation(op);
  }
  std::string operator()(const Pooling3d& op) const {
    return "pool3d mode=" + std::string(to_string(op.mode)) + batch_in() + windows(op) +
           (op.ceil_mode ? " ceil=1" : "") + dilation(op);
  }
  std::string operator()(const Normalization& op) const {
    return "norm mode=" + std::string(to_string(op.mode)) + batch_in() +
           (op.size != 0 ? " size=" + std::to_string(op.size) : "");
  }
  std::string operator()(const Activation& op) const {
    return "activation mode=" + std::string(to_string(op.mode)) + batch_in();
  }
  std::string operator()(const Elementwise& op) const {
    return std::string(to_string(op.mode)) + batch_in() + " inputs=" + std::to_string(op.inputs) +
           (op.broadcast != 0 ? " broadcast=" + std::to_string(op.broadcast) : "");
  }
  std::string operator()(const Concat& op) const {
    return "concat" + batch_in() + (op.axis != 1 ? " axis=" + std::to_string(op.axis) : "");
  }
  std::string operator()(const Softmax& op) const {
    return "softmax" + batch_in() + (op.axis != -1 ? " axis=" + std::to_string(op.axis) : "");
  }
  std::string operator()(const Dropout& op) const {
    return "dropout" + batch_in() + (op.keep != 0.5 ? " keep=" + format_double(op.keep) : "");
  }
  std::string operator()(const Reduction& op) const {
    return "reduce mode=" + std::string(to_string(op.mode)) + batch_in() +
           " to=" + op.to.to_string();
  }
  std::string operator()(const View& op) const {
    return "view" + batch_in() + " to=" + op.to.to_string();
  }
  std::string operator()(const DataMovement& op) const {
    return "move mode=" + std::string(to_string(op.mode)) + batch_in() + " to=" + op.to.to_string();
  }
  std::string operator()(const Embedding& op) const {
    return "embedding" + batch_in() + " rows=" + std::to_string(op.rows) +
           " width=" + std::to_string(op.width);
  }
  std::string operator()(const Recurrent& op) const {
    return "recurrent mode=" + std::string(to_string(op.mode)) + batch_in() +
           " hidden=" + std::to_string(op.hidden) +
           (op.directions != 1 ? " directions=" + std::to_string(op.directions) : "");
  }
  std::string operator()(const Attention&) const {
    const Shape &q = config.inputs[0], &k = config.inputs[1];
    return "attention" + batch() + " heads=" + std::to_string(q[1]) +
           " queries=" + std::to_string(q[2]) + " keys=" + std::to_string(k[2]) +
           " width=" + std::to_string(q[3]);
  }
  std::string operator()(const UnsupportedOp& op) const {
    // The name comes from a file: blanks or equals signs in it must not look like other keys.
    std::string name = printable(op.name, 100);
    for (char& c : name)
      if (c == ' ' || c == '=') c = '_';
    return "unsupported op=" + name;
  }
};

}  // namespace

namespace {

struct ParsedLine {
  Parsed parsed;
  DataType dtype = DataType::kF32;
  std::vector<PostOp> post;
};

ParsedLine parse_words(std::string_view text, bool lenient) {
  const std::vector<std::string_view> words = split_blanks(text);
  if (words.empty()) throw bad_input("an empty line is no layer");
  Fields fields(words[0], words, lenient);
  ParsedLine line;
  if (const auto name = fields.take("dtype")) {
    const auto type = parse_data_type(*name);
    if (!type) Fields::wrong("dtype", *name, "f32, f16, bf16, tf32, f64, i8, u8, i16, i32 or i64");
    line.dtype = *type;
  }
  if (const auto list = fields.take("post"))
    for (std::string_view name : split(*list, '+')) line.post.push_back(parse_post_op(name));
  line.parsed = parse_kind(words[0], fields);
  fields.expect_no_more();
  return line;
}

}  // namespace

LayerConfig parse_layer(std::string_view text) {
  ParsedLine line = parse_words(text, false);
  LayerConfig config =
      make_layer_config(std::move(line.parsed.op), std::move(line.parsed.inputs), line.dtype);
  config.post = std::move(line.post);
  return config;
}

void check_spelling(std::string_view text) { parse_words(text, true); }

std::string format_layer(const LayerConfig& config) {
  std::string text = std::visit(Format{config}, config.op);
  if (config.dtype != DataType::kF32) text += " dtype=" + std::string(to_string(config.dtype));
  for (std::size_t i = 0; i < config.post.size(); ++i) {
    const PostOp& op = config.post[i];
    text += i == 0 ? " post=" : "+";
    switch (op.kind) {
      case PostOp::Kind::kNormalization:
        text += "norm";
        break;
      case PostOp::Kind::kAdd:
        text += "add";
        break;
      case PostOp::Kind::kMul:
        text += "mul";
        break;
      case PostOp::Kind::kActivation:
        text += to_string(op.activation);
        break;
    }
  }
  return text;
}

}  // namespace neuralpower
