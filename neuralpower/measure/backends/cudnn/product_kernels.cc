// SPDX-License-Identifier: Apache-2.0
// Matrix products by cuBLASLt: fully connected layers, products of activations, attention.
//
// cuBLASLt counts columns first. A row-major m x n matrix is to it a column-major n x m one, so a
// row-major C = A B is asked for as C' = B' A'.
#include <algorithm>
#include <cmath>

#include "neuralpower/measure/backends/cudnn/kernel_parts.h"

namespace neuralpower::cuda {
namespace {

constexpr std::size_t kMostWorkspace = std::size_t{64} << 20;
constexpr int kAlgorithms = 8;

// D (rows x columns) = alpha * op(A) B, column-major, `batch` times at the given strides.
struct Product {
  std::int64_t rows = 0, columns = 0, depth = 0, batch = 1;
  bool transpose_a = false;
  float alpha = 1;
  int epilogue = 0;  // 0: none
};

struct ProductPlan {
  Handle description, a, b, d;
  std::vector<MatmulHeuristic> algorithms;
  float alpha = 1;

  void run(const Device& device, std::size_t algorithm, const void* a_data, const void* b_data,
           void* d_data, void* workspace) const {
    const MatmulHeuristic& chosen = algorithms[algorithm];
    must_blas(device,
              device.api().blas.cublasLtMatmul(device.blas(), description.get(), &alpha, a_data,
                                               a.get(), b_data, b.get(), &kZero, d_data, d.get(),
                                               d_data, d.get(), &chosen.algorithm, workspace,
                                               chosen.workspace, device.stream()),
              "cublasLtMatmul");
  }
};

int blas_type(int type) {
  if (type == dnn::kHalf) return blas::kHalf;
  return type == dnn::kBfloat16 ? blas::kBfloat16 : blas::kFloat;
}

Handle matrix(const Making& m, std::int64_t rows, std::int64_t columns, std::int64_t batch) {
  const CublasLtFunctions& f = m.device.api().blas;
  void* made = nullptr;
  m.device.api().check_blas(
      f.cublasLtMatrixLayoutCreate(&made, blas_type(m.type), static_cast<std::uint64_t>(rows),
                                   static_cast<std::uint64_t>(columns), rows),
      "describing a matrix");
  Handle handle(made, [destroy = f.cublasLtMatrixLayoutDestroy](void* d) { destroy(d); });
  if (batch > 1) {
    const auto count = static_cast<std::int32_t>(batch);
    const std::int64_t stride = rows * columns;
    m.device.api().check_blas(
        f.cublasLtMatrixLayoutSetAttribute(made, blas::kLayoutBatchCount, &count, sizeof count),
        "describing a batch");
    m.device.api().check_blas(
        f.cublasLtMatrixLayoutSetAttribute(made, blas::kLayoutBatchStride, &stride, sizeof stride),
        "describing a batch");
  }
  return handle;
}

ProductPlan plan(const Making& m, const Product& product) {
  const CublasLtFunctions& f = m.device.api().blas;
  ProductPlan made;
  made.alpha = product.alpha;
  void* raw = nullptr;
  m.device.api().check_blas(f.cublasLtMatmulDescCreate(
                                &raw, m.tf32 ? blas::kComputeTf32 : blas::kCompute32, blas::kFloat),
                            "describing a product");
  made.description = Handle(raw, [destroy = f.cublasLtMatmulDescDestroy](void* d) { destroy(d); });
  const auto set = [&](int attribute, std::int32_t value) {
    m.device.api().check_blas(
        f.cublasLtMatmulDescSetAttribute(raw, attribute, &value, sizeof value),
        "describing a product");
  };
  if (product.transpose_a) set(blas::kDescTransposeA, blas::kTransposed);
  if (product.epilogue != 0) {
    set(blas::kDescEpilogue, product.epilogue);
    // Some versions choose no algorithm without an address; the bias will be as aligned as this.
    const auto somewhere = std::uintptr_t{256};
    m.device.api().check_blas(
        f.cublasLtMatmulDescSetAttribute(raw, blas::kDescBiasPointer, &somewhere, sizeof somewhere),
        "describing a product");
  }
  made.a = product.transpose_a ? matrix(m, product.depth, product.rows, product.batch)
                               : matrix(m, product.rows, product.depth, product.batch);
  made.b = matrix(m, product.depth, product.columns, product.batch);
  made.d = matrix(m, product.rows, product.columns, product.batch);

  void* preference = nullptr;
  m.device.api().check_blas(f.cublasLtMatmulPreferenceCreate(&preference), "asking");
  const Handle owned(preference,
                     [destroy = f.cublasLtMatmulPreferenceDestroy](void* d) { destroy(d); });
  const std::size_t most = kMostWorkspace;
  m.device.api().check_blas(f.cublasLtMatmulPreferenceSetAttribute(
                                preference, blas::kPreferenceWorkspace, &most, sizeof most),
                            "asking");
  std::array<MatmulHeuristic, kAlgorithms> all{};
  int count = 0;
  const int status = f.cublasLtMatmulAlgoGetHeuristic(m.device.blas(), raw, made.a.get(),
                                                      made.b.get(), made.d.get(), made.d.get(),
                                                      preference, kAlgorithms, all.data(), &count);
  for (int i = 0; i < count && status == kSuccess; ++i)
    if (all[static_cast<std::size_t>(i)].status == kSuccess)
      made.algorithms.push_back(all[static_cast<std::size_t>(i)]);
  if (made.algorithms.empty())
    throw Unsupported{
        "cuBLASLt has no algorithm for this product" +
        (status == kSuccess ? std::string() : ": " + m.device.api().explain_blas(status))};
  return made;
}

// "cublaslt id=21 tile=20 stages=8 splitk=1"
std::string name_of(const Making& m, const MatmulAlgorithm& algorithm) {
  std::string name = "cublaslt";
  const auto append = [&](const char* what, int attribute) {
    std::int32_t value = 0;
    std::size_t written = 0;
    if (m.device.api().blas.cublasLtMatmulAlgoConfigGetAttribute(
            &algorithm, attribute, &value, sizeof value, &written) == kSuccess)
      name += std::string(" ") + what + "=" + std::to_string(value);
  };
  append("id", blas::kConfigId);
  append("tile", blas::kConfigTile);
  append("stages", blas::kConfigStages);
  append("splitk", blas::kConfigSplitK);
  return name;
}

Tensor plain(const Making& m, std::int64_t count) {
  Tensor tensor;
  tensor.type = m.type;
  tensor.count = static_cast<std::size_t>(count);
  return tensor;
}

}  // namespace

Kernel make_fully_connected(const Making& m, const FullyConnected& op) {
  const std::int64_t batch = m.in()[0], inputs = m.in().element_count_from(1);
  // Behind the product: the bias, and a ReLU if that comes first.
  std::size_t done = 0;
  while (done < m.config.post.size() && m.config.post[done].kind == PostOp::Kind::kNormalization)
    ++done;
  const bool relu = done < m.config.post.size() &&
                    m.config.post[done].kind == PostOp::Kind::kActivation &&
                    m.config.post[done].activation == ActivationMode::kRelu;
  if (relu) ++done;
  Product product;
  product.rows = op.outputs;
  product.columns = batch;
  product.depth = inputs;
  product.transpose_a = true;
  product.epilogue = relu ? blas::kEpilogueReluBias : blas::kEpilogueBias;
  const auto made = std::make_shared<const ProductPlan>(plan(m, product));

  Kernel kernel;
  kernel.inputs = {plain(m, batch * inputs)};
  kernel.weights = {plain(m, op.outputs * inputs), plain(m, op.outputs)};
  kernel.weights[0].scale = std::sqrt(2.0f / static_cast<float>(inputs));
  kernel.weights[1].is_still = true;
  kernel.output = plain(m, batch * op.outputs);
  kernel.bind.push_back([&device = m.device, made](const Pointers& p) {
    const void* bias = p.weights[1];
    device.api().check_blas(
        device.api().blas.cublasLtMatmulDescSetAttribute(
            made->description.get(), blas::kDescBiasPointer, &bias, sizeof bias),
        "setting the bias");
  });
  for (std::size_t i = 0; i < made->algorithms.size(); ++i) {
    Choice choice;
    choice.implementation = name_of(m, made->algorithms[i].algorithm) + " with bias" +
                            std::string(relu ? ", relu" : "");
    choice.workspace = made->algorithms[i].workspace;
    choice.launches.push_back([&device = m.device, made, i](const Pointers& p) {
      made->run(device, i, p.weights[0], p.inputs[0], p.output, p.workspace);
    });
    kernel.choices.push_back(std::move(choice));
  }
  append_post_operations(m, kernel, done);
  return kernel;
}

Kernel make_matrix_product(const Making& m) {
  const std::int64_t batch = m.in()[0], rows = m.in()[1], depth = m.in()[2], columns = m.in(1)[2];
  Product product;
  product.rows = columns;
  product.columns = rows;
  product.depth = depth;
  product.batch = batch;
  const auto made = std::make_shared<const ProductPlan>(plan(m, product));
  Kernel kernel;
  kernel.inputs = {plain(m, batch * rows * depth), plain(m, batch * depth * columns)};
  kernel.output = plain(m, batch * rows * columns);
  for (std::size_t i = 0; i < made->algorithms.size(); ++i)
    kernel.choices.push_back({name_of(m, made->algorithms[i].algorithm),
                              made->algorithms[i].workspace,
                              {[&device = m.device, made, i](const Pointers& p) {
                                made->run(device, i, p.inputs[1], p.inputs[0], p.output,
                                          p.workspace);
                              }}});
  append_post_operations(m, kernel);
  return kernel;
}

Kernel make_attention(const Making& m) {
  const std::int64_t heads = m.in()[0] * m.in()[1], queries = m.in()[2], width = m.in()[3];
  const std::int64_t keys = m.in(1)[2];
  Product scores;  // S' (keys x queries) = K Q' / sqrt(width)
  scores.rows = keys;
  scores.columns = queries;
  scores.depth = width;
  scores.batch = heads;
  scores.transpose_a = true;
  scores.alpha = 1 / std::sqrt(static_cast<float>(width));
  Product sums;  // O' (width x queries) = V' S'
  sums.rows = width;
  sums.columns = queries;
  sums.depth = keys;
  sums.batch = heads;
  const auto first = std::make_shared<const ProductPlan>(plan(m, scores));
  const auto second = std::make_shared<const ProductPlan>(plan(m, sums));
  const Handle rows =
      tensor_descriptor(m.device, m.type, {heads * queries, keys, 1, 1}, /*channels_last=*/false);

  Kernel kernel;
  kernel.inputs = {plain(m, heads * queries * width), plain(m, heads * keys * width),
                   plain(m, heads * keys * width)};
  kernel.output = plain(m, heads * queries * width);
  const std::size_t alignment = 256;
  const std::size_t table =
      (static_cast<std::size_t>(heads * queries * keys) * bytes_of_type(m.type) + alignment - 1) /
      alignment * alignment;
  Choice choice;
  choice.implementation = name_of(m, first->algorithms[0].algorithm) + " then softmax then " +
                          name_of(m, second->algorithms[0].algorithm);
  choice.workspace =
      table + std::max(first->algorithms[0].workspace, second->algorithms[0].workspace);
  choice.launches = {
      [&device = m.device, first, table](const Pointers& p) {
        first->run(device, 0, p.inputs[1], p.inputs[0], p.workspace, p.workspace + table);
      },
      [&device = m.device, rows](const Pointers& p) {
        must_dnn(device,
                 device.api().dnn.cudnnSoftmaxForward(device.dnn(), dnn::kSoftmaxAccurate,
                                                      dnn::kSoftmaxChannel, &kOne, rows.get(),
                                                      p.workspace, &kZero, rows.get(), p.workspace),
                 "cudnnSoftmaxForward");
      },
      [&device = m.device, second, table](const Pointers& p) {
        second->run(device, 0, p.inputs[2], p.workspace, p.output, p.workspace + table);
      }};
  kernel.choices.push_back(std::move(choice));
  return kernel;
}

}  // namespace neuralpower::cuda
