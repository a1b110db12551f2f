// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/methods/neuralpower_terms.h"

#include <fmt/format.h>

#include <initializer_list>

#include "neuralpower/base/text.h"

namespace neuralpower {
namespace {

using Names = std::vector<std::string>;

// What corrections of dense and of transposed convolutions look at first.
constexpr std::initializer_list<const char*> kConvolutionSizes = {
    "log2(N)", "log2(Ci)", "log2(Co)", "log2(Hi)", "log2(Ho)", "log2(Wo)", "kh"};

void append(Names& names, std::initializer_list<const char*> more) {
  names.insert(names.end(), more.begin(), more.end());
}

// As an operand of a division or remainder.
std::string operand(std::string_view text) {
  const bool compound = text.find_first_of("*/") != std::string_view::npos && text.front() != '(';
  return compound ? "(" + std::string(text) + ")" : std::string(text);
}

// How much larger a size becomes when it is padded to a multiple: vector lanes, register blocks,
// tiles.
void append_waste(Names& names, std::string_view size, std::initializer_list<int> multiples) {
  for (const int m : multiples)
    names.push_back(fmt::format("log2(up({},{})/{})", size, m, operand(size)));
}

void append_divisible(Names& names, std::string_view size, std::initializer_list<int> divisors) {
  for (const int d : divisors) names.push_back(fmt::format("[{}%{}==0]", operand(size), d));
}

// A working set past 2^m bytes leaves a cache: the part beyond costs extra.
void append_overflow(Names& names, std::string_view bytes, std::initializer_list<int> exponents) {
  for (const int m : exponents) names.push_back(fmt::format("over({},{})", bytes, 1LL << m));
}

// Tiles of a matrix product, and how much the last wave of them wastes on a device that runs
// `units` at a time.
void append_tiles(Names& names, std::string_view rows, int tile_rows, std::string_view columns,
                  int tile_columns, int units) {
  const std::string area =
      fmt::format("up({},{})*up({},{})", rows, tile_rows, columns, tile_columns);
  names.push_back(fmt::format("log2({})", area));
  names.push_back(fmt::format("log2(up({0},{1})/({0}))", area,
                              static_cast<long long>(units) * tile_rows * tile_columns));
}

CandidateTerms convolution() {
  CandidateTerms c;
  c.costs = {"1", "macs", "in_bytes", "out_bytes", "weight_bytes", "cols_bytes", "N", "N*Ho*Wo"};
  c.small = c.costs.size();
  append(
      c.costs,
      {// Channels, pixels and tiles padded to what the hardware works on.
       "N*Ho*Wo*kh*kw*up(Ci/groups,8)*up(Co,8)", "N*Ho*Wo*kh*kw*up(Ci/groups,16)*up(Co,16)",
       "N*Ho*Wo*kh*kw*Ci/groups*up(Co,32)", "N*Ho*Wo*kh*kw*Ci/groups*up(Co,64)",
       "up(N*Ho*Wo,64)*up(Co,64)*kh*kw*Ci/groups", "up(N*Ho*Wo,128)*up(Co,128)*kh*kw*Ci/groups",
       "N*Ci*Hp*Wp", "N*Ho*up(Wo,14)*kh*kw*Ci/groups*Co", "N*Ho*up(Wo,28)*kh*kw*Ci/groups*Co",
       // Kinds of kernels that libraries treat apart.
       "macs*[kh*kw==1]", "macs*[kh==3]*[kw==3]*[sh*sw==1]", "macs*[sh*sw>1]", "macs*[kh*kw>=25]",
       "in_bytes*[sh*sw>1]", "cols_bytes*[sh*sw>1]", "in_bytes*[kh*kw==1]", "out_bytes*[kh*kw==1]",
       "in_bytes*[kh*kw==1]*[sh*sw>1]", "cols_bytes*[kh*kw>1]", "macs*[kh*kw==4]",
       "macs*[kh*kw==9]", "macs*[kh*kw==16]", "macs*[kh*kw==25]", "macs*[kh*kw==49]",
       // Winograd's products F(2x2, 3x3) and F(4x4, 3x3): 16 and 36 for 4 and 16 outputs.
       "N*up(Ho,2)*up(Wo,2)*Ci/groups*Co*[kh==3]*[kw==3]*[sh*sw==1]",
       "N*up(Ho,4)*up(Wo,4)*Ci/groups*Co*[kh==3]*[kw==3]*[sh*sw==1]",
       // Loops: calls a row, weights read once an image.
       "N*Ho*kh*Ci*Co", "N*weight_bytes", "N*Ho*Wo*kh*kw",
       // Padding, and the fallback of libraries where it is as large as the kernel.
       "in_bytes*[Hp*Wp/(Hi*Wi)>1]", "out_bytes*[Hp*Wp/(Hi*Wi)>1]", "macs*[Hp*Wp/(Hi*Wi)>1]",
       "cols_bytes*[Hp*Wp/(Hi*Wi)>1]", "macs*[ph/eh>=2]", "cols_bytes*[ph/eh>=2]",
       "in_bytes*[ph/eh>=2]", "macs*[kh*kw==1]*[ph/eh>=2]", "in_bytes*[kh*kw==1]*[ph/eh>=2]",
       "in_bytes*[ph/eh<2]", "out_bytes*[ph/eh<2]", "in_bytes*[kh*kw==1]*[sh*sw>1]*[ph/eh<2]",
       "in_bytes*[sh*sw>1]*[ph/eh<2]",
       // Few channels, groups.
       "macs*[groups>1]", "cols_bytes*[Co<32]", "macs*[Co<32]", "macs*[Ci/groups<16]",
       // What strides leave out, what does not fit a cache.
       "in_bytes/sh/sw", "over(in_bytes,33554432)", "over(out_bytes,33554432)"});
  Names& q = c.quantities;
  append(q, kConvolutionSizes);
  append(q, {"log2(kh*kw)",
             "sh",
             "log2(macs)",
             "log2(in_bytes)",
             "log2(out_bytes)",
             "log2(weight_bytes)",
             "log2(cols_bytes)",
             "log2(N*Ho*Wo)",
             "log2(Ci/groups*kh*kw)",
             "ph",
             "log2(macs/bytes)",
             "log2(macs/max(cols_bytes,out_bytes))",
             "log2(Ci/Co)",
             "log2(in_bytes/out_bytes)",
             "log2(kh/Hi)",
             "log2(bytes)",
             "log2(Ci*Hi*Wi)",
             "log2(Co*Ho*Wo)",
             "log2(Ho*Wo*Ci/groups*kh*kw)",
             "log2(Ho*Wo)",
             "log2(Wo*Co)",
             "log2(Wi*Ci)"});
  append_waste(q, "Co", {4, 8, 16, 32, 64, 128});
  append_waste(q, "Ci", {4, 8, 16, 32});
  append_waste(q, "Wo", {4, 6, 8, 14, 16, 28, 32});
  append_waste(q, "N*Ho*Wo", {32, 64, 128});
  append_divisible(q, "Ci", {4, 8});
  append_divisible(q, "Co", {4, 8, 16});
  append(q, {"Hr*Wr/(Hp*Wp)",
             "log2(min(kh/sh,1)*min(kw/sw,1))",
             "log2(Hp*Wp/(Hi*Wi))",
             "Wo%4",
             "Wo%2",
             "ph/eh",
             "[ph/eh>=2]",
             "dh",
             "log2(groups)",
             "log2(Co/groups)",
             "log2(Ci/groups)",
             "log2(min(Ci,Co)/groups)",
             "log2(max(Ci,Co)/groups)",
             "log2(sh/kh)",
             "log2(min(in_bytes,cols_bytes/max(kh/sh,1)/max(kw/sw,1)))",
             "log2(Co*Ho)",
             "log2(Ci*Hi)",
             "log2(Hi*Wi)",
             "log2(N*Co)",
             "log2(N*Ci)",
             "kh%2",
             "log2(Ci/groups*Co)"});  // blocks of transformed weights (Winograd, FFT)
  append_tiles(q, "N*Ho*Wo", 128, "Co", 64, 40);
  append(q, {"log2(N*Ho*Wo/Co)"});
  return c;
}

CandidateTerms transposed_convolution() {
  CandidateTerms c;
  c.costs = {"1", "macs",   "in_bytes", "out_bytes", "weight_bytes", "N*Hi*Wi*kh*kw*Co",
             "N", "N*Hi*Wi"};
  c.small = c.costs.size();
  append(c.costs,
         {"N*Hi*Wi*kh*kw*up(Ci,8)*up(Co/groups,8)", "N*Hi*Wi*kh*kw*up(Ci,16)*up(Co/groups,16)",
          "up(N*Hi*Wi,64)*up(Co,64)*kh*kw*Ci/groups", "macs*[sh*sw==1]", "macs*[kh/sh>1]",
          "out_bytes*[kh/sh>1]", "macs*[groups>1]", "N*weight_bytes", "macs*[Co<32]",
          "macs*[Ci/groups<16]", "over(in_bytes,33554432)", "over(out_bytes,33554432)"});
  Names& q = c.quantities;
  append(q, kConvolutionSizes);
  append(q, {"sh", "ph", "log2(macs)", "log2(in_bytes)", "log2(out_bytes)", "log2(weight_bytes)",
             "log2(N*Hi*Wi)", "log2(macs/bytes)", "log2(Ci/Co)", "log2(kh/sh)", "log2(bytes)",
             "log2(groups)", "log2(Ci/groups)", "log2(Co/groups)", "log2(Hi*Wi)"});
  append_waste(q, "Co", {8, 16, 32});
  append_waste(q, "Ci", {8, 16});
  append_divisible(q, "Ci", {4, 8});
  append_divisible(q, "Co", {4, 8});
  return c;
}

// A product of matrices rows x inner and inner x columns, `many` of them.
CandidateTerms matrix_product(const std::string& rows, const std::string& inner,
                              const std::string& columns, const std::string& many,
                              const std::string& second_bytes) {
  CandidateTerms c;
  const auto text = [&](const char* pattern) {  // R, K, C, B stand for the dimensions
    std::string result;
    for (const char* p = pattern; *p; ++p) {
      switch (*p) {
        case 'R':
          result += rows;
          break;
        case 'K':
          result += inner;
          break;
        case 'C':
          result += columns;
          break;
        case '@':
          result += second_bytes;
          break;
        default:
          result += *p;
      }
    }
    return result;
  };
  const auto costs = [&](std::initializer_list<const char*> patterns, bool each) {
    for (const char* p : patterns) c.costs.push_back((each ? many : "") + text(p));
  };
  // A product with a vector streams its bytes; any other packs its matrices first. Weights are read
  // once, however few rows there are.
  costs({"1", "macs*[min(R,C)>1]"}, false);
  if (many.empty()) costs({"@"}, false);
  costs({"bytes*[min(R,C)==1]", "in_bytes*[min(R,C)>1]", "out_bytes*[min(R,C)>1]"}, false);
  c.costs.push_back(many.empty() ? rows : many.substr(0, many.size() - 1));
  c.small = c.costs.size();
  costs({"K", "C", "R*K*up(C,16)*[min(R,C)>1]", "R*K*up(C,64)*[min(R,C)>1]",
         "up(R,8)*K*C*[min(R,C)>1]", "up(R,32)*up(C,32)*K*[min(R,C)>1]",
         "up(R,64)*up(C,64)*K*[min(R,C)>1]", "up(R,128)*up(C,128)*K*[min(R,C)>1]"},
        true);
  if (many.empty()) append_overflow(c.costs, second_bytes, {20, 22, 24, 26});
  append_overflow(c.costs, "in_bytes", {22});
  append_overflow(c.costs, "out_bytes", {22});
  costs({"macs*[R<16]", "macs*[R==1]", "macs*[K<128]", "macs*[C<64]", "macs*[R<128]",
         "macs*[max(K%4,C%4)>0]"},
        false);
  if (many.empty()) costs({"@*[R<16]", "@*[R==1]"}, false);

  Names& q = c.quantities;
  const auto quantities = [&](std::initializer_list<const char*> patterns) {
    for (const char* p : patterns) q.push_back(text(p));
  };
  if (!many.empty()) q.push_back("log2(" + many.substr(0, many.size() - 1) + ")");
  quantities({"log2(R)", "log2(K)", "log2(C)", "log2(macs)", "log2(in_bytes)", "log2(out_bytes)"});
  if (many.empty()) quantities({"log2(@)"});
  quantities({"log2(bytes)", "log2(macs/bytes)", "log2(R/C)", "log2(K/C)", "log2(R/K)",
              "log2(min(R,C))", "log2(max(R,C))", "log2(min(K,min(R,C)))"});
  append_waste(q, columns, {8, 16, 32, 64, 128, 256});
  append_waste(q, rows, {4, 8, 16, 32, 64, 128, 256});
  append_waste(q, inner, {8, 32, 256});
  append_divisible(q, inner, {2, 4, 8, 16});
  append_divisible(q, columns, {2, 4, 8, 16});
  append_divisible(q, rows, {2, 4, 8, 16});
  append_tiles(q, rows, 64, columns, 64, 40);
  append_tiles(q, rows, 128, columns, 64, 40);
  append_tiles(q, rows, 128, columns, 128, 40);
  append_tiles(q, rows, 256, columns, 128, 40);
  return c;
}

CandidateTerms pooling() {
  CandidateTerms c;
  c.costs = {"1", "in_bytes", "out_bytes", "flops", "N*C"};
  c.small = c.costs.size();
  append(c.costs, {"min(in_bytes,out_bytes*min(kh,sh)*min(kw,sw))", "out_bytes*kh",
                   "flops*[Hp*Wp/(Hi*Wi)>1]", "out_bytes*[Hp*Wp/(Hi*Wi)>1]", "in_bytes*[sh*sw>1]",
                   "flops*[sh*sw>1]", "out_bytes*[sh*sw>1]", "N", "N*up(C,16)*Ho*Wo*kh*kw",
                   "over(in_bytes,33554432)", "over(out_bytes,33554432)", "N*C*Ho",
                   "flops*is_average", "out_bytes*is_average", "in_bytes*[sh/kh>1]",
                   "flops*[kh*kw>=25]", "N*C*over(Ho,pw/sh)*over(Wo,pw/sw)*kh*kw"});
  Names& q = c.quantities;
  append(q, {"log2(N)",
             "log2(C)",
             "log2(Hi)",
             "log2(Ho)",
             "log2(Wo)",
             "kh",
             "sh",
             "ph",
             "log2(in_bytes)",
             "log2(out_bytes)",
             "log2(flops)",
             "log2(in_bytes/out_bytes)",
             "log2(flops/in_bytes)",
             "log2(sh/kh)",
             "log2(kh/Hi)",
             "log2(Hi*Wi)",
             "log2(Ho*Wo)",
             "log2(N*C)",
             "log2(bytes)",
             "log2(min(in_bytes,out_bytes*min(kh,sh)*min(kw,sw)))",
             "Hr*Wr/(Hp*Wp)",
             "log2(Hp*Wp/(Hi*Wi))",
             "ph/kh",
             "log2(C*Hi*Wi)",
             "log2(C*Ho*Wo)"});
  append_waste(q, "C", {4, 8, 16, 32});
  append_waste(q, "Wo", {4, 8, 16});
  append_divisible(q, "C", {8, 16});
  append(q, {"is_average", "log2(N*Ho*Wo)"});
  append_waste(q, "N*C", {16, 28});
  return c;
}

// Kinds that touch every element in the same way: all that matters is how many there are, and
// whether they fill vectors and caches.
CandidateTerms elements(const std::string& row) {
  CandidateTerms c;
  c.costs = {"1", "in_bytes", "N"};
  c.small = c.costs.size();
  append_overflow(c.costs, "in_bytes", {18, 20, 22, 24, 26, 28, 30});
  Names& q = c.quantities;
  append(q, {"log2(in_bytes)", "log2(N)"});
  q.push_back("log2(" + row + ")");
  append_divisible(q, row, {4, 16});
  return c;
}

// The same for layers that know N C H W and may write more or less than they read.
CandidateTerms tensors() {
  CandidateTerms c = elements("C*H*W");
  c.costs.insert(c.costs.begin() + 2, "out_bytes");
  ++c.small;
  append(c.costs, {"N*C", "N*C*H", "weight_bytes"});
  append_overflow(c.costs, "out_bytes", {22, 25, 28});
  append(c.quantities, {"log2(C)", "log2(H*W)", "log2(N*C)", "log2(W)", "log2(out_bytes)",
                        "log2(in_bytes/out_bytes)"});
  append_waste(c.quantities, "C", {8, 16});
  return c;
}

CandidateTerms normalisation() {
  CandidateTerms c = elements("C*Hi*Wi");
  c.costs.insert(c.costs.begin() + 2, "in_bytes*[adds>0]");
  ++c.small;
  append(c.costs, {"N*C", "C", "N*Hi*Wi", "N*up(C,16)*Hi*Wi", "in_bytes*kh"});
  append(c.quantities, {"log2(C)", "log2(Hi*Wi)", "log2(N*C)", "log2(Wi)", "log2(N*Hi*Wi)", "kh"});
  append_waste(c.quantities, "C", {8, 16, 32});
  append_waste(c.quantities, "Hi*Wi", {8, 16});
  return c;
}

CandidateTerms concatenation() {
  CandidateTerms c = elements("C*H*W");
  append(c.costs, {"parts", "N*parts", "N*C", "in_bytes*[H*W==1]"});
  append(c.quantities,
         {"parts", "log2(C)", "log2(H*W)", "log2(N*parts)", "log2(in_bytes/(N*parts))"});
  return c;
}

CandidateTerms recurrent() {
  CandidateTerms c = tensors();
  // C time steps of H inputs each, one after the other.
  append(c.costs, {"macs", "C", "C*weight_bytes", "C*up(N,16)*up(hidden,16)", "macs*[N<16]"});
  append(c.quantities,
         {"log2(hidden)", "log2(H)", "log2(macs)", "log2(weight_bytes)", "log2(N*hidden)"});
  return c;
}

CandidateTerms attention() {
  CandidateTerms c = tensors();
  // N x C heads of H queries of width W: macs / W is twice the matrix of scores.
  append(c.costs, {"macs", "macs/W", "N*C*up(H,64)*W"});
  append(c.quantities, {"log2(macs)", "log2(H)", "log2(macs/W)", "log2(macs/bytes)"});
  return c;
}

CandidateTerms volume() {
  CandidateTerms c = tensors();
  append(c.costs, {"flops", "N*Co*Do*Ho*Wo"});
  append(c.quantities, {"log2(flops)", "log2(Co)", "log2(Do*Ho*Wo)", "log2(kd*kh*kw)",
                        "log2(flops/bytes)", "log2(groups)"});
  return c;
}

}  // namespace

CandidateTerms candidate_terms(std::string_view key) {
  const std::string_view kind = split(key, '.').front();
  const char* work = "macs";
  CandidateTerms c;
  if (kind == "conv") {
    c = convolution();
  } else if (kind == "deconv") {
    c = transposed_convolution();
  } else if (kind == "conv3d" || kind == "deconv3d") {
    c = volume();
  } else if (kind == "fc") {
    c = matrix_product("N", "I", "Co", "", "weight_bytes");
  } else if (kind == "matmul") {
    c = matrix_product("H", "C", "W", "N*", "");
  } else if (kind == "attention") {
    c = attention();
  } else if (kind == "recurrent") {
    c = recurrent();
  } else {
    work = "flops";
    if (kind == "pool") {
      c = pooling();
    } else if (kind == "pool3d") {
      c = volume();
    } else if (kind == "norm") {
      c = normalisation();
    } else if (kind == "concat") {
      c = concatenation();
    } else if (kind == "activation" || kind == "add" || kind == "mul") {
      c = elements("C");
    } else {
      c = tensors();
    }
    if (kind == "add" || kind == "mul") {
      c.costs.push_back("out_bytes");
      c.quantities.push_back("inputs");
    }
  }
  c.rates = {fmt::format("log2({}/time)", work), "log2(bytes/time)", "log2(time)",
             "log2(time/cost)"};
  c.powers = {"1", fmt::format("{}/time", work), "in_bytes/time", "out_bytes/time"};
  if (kind == "conv") append(c.powers, {"weight_bytes/time", "cols_bytes/time"});
  if (kind == "fc") append(c.powers, {"weight_bytes/time"});
  return c;
}

CandidateTerms candidate_terms(std::string_view key, Target target, bool adapted) {
  CandidateTerms c = candidate_terms(key);
  if (!adapted) return c;
  if (target == Target::kPower) {
    c.costs = {"1", "base"};
    c.small = 2;
  } else {
    c.costs.insert(c.costs.begin(), "base");
    ++c.small;
  }
  c.quantities.emplace_back("log2(base)");
  return c;
}

}  // namespace neuralpower
