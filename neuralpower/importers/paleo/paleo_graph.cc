// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/paleo/paleo_graph.h"

#include <optional>
#include <unordered_map>
#include <utility>

#include "neuralpower/base/error.h"

namespace neuralpower {
namespace {

// Bounds on what splits and blocks can make of a short file.
constexpr std::size_t kMostNodes = 200'000, kMostEdges = 1'000'000;
constexpr std::size_t kLongestName = 1000, kMostNameBytes = std::size_t{32} << 20;
constexpr std::size_t kMostMembers = 100;  // of one layer
constexpr std::int64_t kMostSplits = 1024;

// Where a layer stands: the names of the blocks around it, what those hand down, its copy.
struct Scope {
  std::string prefix;                    // "block/" or nothing
  const JsonValue* parents = nullptr;    // the block's, for layers that have none
  const Scope* parents_scope = nullptr;  // where those names are looked up
  std::int64_t splits = 1;
  std::optional<std::int64_t> split;
};

Error layer_error(const std::string& message, const std::string& name) {
  Error error = bad_input(message);
  error.in_node(name);
  return error;
}

class Unfolder {
 public:
  std::vector<PaleoNode> unfold(const JsonValue& layers) {
    const Scope outside;
    collect(layers, outside, "");
    for (std::size_t i = 0; i < nodes_.size(); ++i) resolve_node(i);
    return in_running_order();
  }

 private:
  struct Pending {
    PaleoNode node;
    Scope scope;
  };

  void collect(const JsonValue& layers, const Scope& scope, const std::string& block) {
    if (layers.object() == nullptr) throw layer_error("'layers' is no JSON object", block);
    for (const auto& [name, layer] : *layers.object()) {
      const std::string full = scope.prefix + name;
      if (layer.object() == nullptr) throw layer_error("the layer is no JSON object", full);
      if (layer.object()->size() > kMostMembers)
        throw layer_error("a layer with more than 100 members", full);
      if (full.size() > kLongestName)
        throw layer_error("the layer's name is longer than 1000 bytes", full);
      try {
        const std::string& type = paleo_text(layer, "type");
        if (type == "Block" || type == "ModelParallel") {
          collect_block(layer, type, full, scope);
        } else {
          add_node(full, layer, scope);
        }
      } catch (Error& error) {
        error.in_node(full);
        throw;
      }
    }
  }

  void add_node(const std::string& full, const JsonValue& layer, const Scope& scope) {
    if (nodes_.size() == kMostNodes) throw bad_input("more than 200000 layers");
    PaleoNode node{full, &layer, {}, scope.splits};
    if (scope.split) {
      node.name += "@" + std::to_string(*scope.split);
      copies_[full].push_back(static_cast<int>(nodes_.size()));
    }
    name_bytes_ += node.name.size();
    if (name_bytes_ > kMostNameBytes)
      throw bad_input("the layers' names are longer than 32 MiB in all");
    if (!by_name_.emplace(node.name, static_cast<int>(nodes_.size())).second)
      throw bad_input("the name is taken by another layer");
    nodes_.push_back({std::move(node), scope});
  }

  void collect_block(const JsonValue& block, const std::string& type, const std::string& full,
                     const Scope& scope) {
    const JsonValue* inner = block.find("layers");
    if (inner == nullptr) throw bad_input("a " + type + " needs 'layers'");
    if (scope.split) throw bad_input("a block inside a ModelParallel block is not possible");
    scopes_.push_back(std::make_unique<Scope>(scope));
    Scope inside;
    inside.prefix = full + "/";
    inside.parents = block.find("parents");
    inside.parents_scope = scopes_.back().get();
    if (const JsonValue* endpoint = block.find("endpoint"); endpoint && !endpoint->is_null()) {
      if (endpoint->text() == nullptr) throw bad_input("'endpoint' is no name");
      endpoints_.emplace(full, inside.prefix + *endpoint->text());
    }
    if (type == "Block") return collect(*inner, inside, full);
    const JsonValue* splits = block.find("splits");
    inside.splits = 1;
    if (splits != nullptr && !splits->is_null()) {
      if (splits->whole() == nullptr || *splits->whole() < 1 || *splits->whole() > kMostSplits)
        throw bad_input("'splits' is no number from 1 to 1024");
      inside.splits = *splits->whole();
    }
    for (std::int64_t split = 0; split < inside.splits; ++split) {
      inside.split = split;
      collect(*inner, inside, full);
    }
  }

  void resolve_node(std::size_t index) {
    Pending& pending = nodes_[index];
    try {
      resolve_parents(pending.node.layer->find("parents"), pending.scope, pending.node.parents);
    } catch (Error& error) {
      error.in_node(pending.node.name);
      throw;
    }
  }

  void resolve_parents(const JsonValue* parents, const Scope& scope, std::vector<int>& into) {
    if (parents != nullptr && !parents->is_null()) {
      if (parents->array() == nullptr) throw bad_input("'parents' is no list of names");
      for (const JsonValue& parent : *parents->array()) {
        if (parent.text() == nullptr) throw bad_input("'parents' is no list of names");
        resolve_name(*parent.text(), scope, into);
      }
      if (!parents->array()->empty()) return;
    }
    // None of its own: the block's, which are names outside the block.
    if (scope.parents_scope != nullptr) resolve_parents(scope.parents, *scope.parents_scope, into);
  }

  void resolve_name(const std::string& name, const Scope& scope, std::vector<int>& into) {
    std::string full = scope.prefix + name;
    for (const char* mark : {"@all", "@self"}) {
      if (!full.ends_with(mark)) continue;
      full.resize(full.size() - std::string_view(mark).size());
      const std::vector<int>* copies = find_copies(full);
      if (copies == nullptr)
        throw bad_input("parent '" + name + "' is no layer of a ModelParallel block");
      if (std::string_view(mark) == "@all") {
        for (int copy : *copies) add_edge(copy, into);
      } else {
        if (!scope.split)
          throw bad_input("parent '" + name + "' is meant for layers inside the block; use '@all'");
        if (static_cast<std::size_t>(*scope.split) >= copies->size())
          throw bad_input("parent '" + name + "' is split into fewer copies");
        add_edge((*copies)[static_cast<std::size_t>(*scope.split)], into);
      }
      return;
    }
    const std::string& target = through_endpoints(full);
    if (const auto found = by_name_.find(target); found != by_name_.end())
      return add_edge(found->second, into);
    if (const std::vector<int>* copies = find_copies(target)) {
      if (!scope.split || static_cast<std::size_t>(*scope.split) >= copies->size())
        throw bad_input("parent '" + name + "' is split; write '" + name + "@all'");
      return add_edge((*copies)[static_cast<std::size_t>(*scope.split)], into);
    }
    throw bad_input("parent '" + name + "' does not exist");
  }

  // A block's name means its endpoint, which may be a block again.
  const std::string& through_endpoints(const std::string& name) const {
    const std::string* target = &name;
    // An endpoint is deeper inside than its block, so this ends.
    for (auto found = endpoints_.find(*target); found != endpoints_.end();
         found = endpoints_.find(*target))
      target = &found->second;
    return *target;
  }

  const std::vector<int>* find_copies(const std::string& full) const {
    const auto found = copies_.find(through_endpoints(full));
    return found == copies_.end() ? nullptr : &found->second;
  }

  void add_edge(int parent, std::vector<int>& into) {
    if (++edges_ > kMostEdges) throw bad_input("more than a million edges between layers");
    into.push_back(parent);
  }

  // Depth first without recursion: a chain may be as long as the file likes.
  std::vector<PaleoNode> in_running_order() {
    enum class Mark : char { kNew, kOpen, kDone };
    std::vector<Mark> marks(nodes_.size(), Mark::kNew);
    std::vector<int> position(nodes_.size(), -1);
    std::vector<PaleoNode> ordered;
    std::vector<std::pair<int, std::size_t>> stack;  // node, the next parent to look at
    for (std::size_t start = 0; start < nodes_.size(); ++start) {
      if (marks[start] == Mark::kNew) stack.emplace_back(static_cast<int>(start), 0);
      while (!stack.empty()) {
        auto& [index, next] = stack.back();
        const auto at = static_cast<std::size_t>(index);
        PaleoNode& node = nodes_[at].node;
        marks[at] = Mark::kOpen;
        if (next < node.parents.size()) {
          const int parent = node.parents[next++];
          const Mark mark = marks[static_cast<std::size_t>(parent)];
          if (mark == Mark::kOpen)
            throw layer_error("the layer is its own ancestor, through its parent '" +
                                  nodes_[static_cast<std::size_t>(parent)].node.name + "'",
                              node.name);
          if (mark == Mark::kNew) stack.emplace_back(parent, 0);
          continue;
        }
        for (int& parent : node.parents) parent = position[static_cast<std::size_t>(parent)];
        position[at] = static_cast<int>(ordered.size());
        ordered.push_back(std::move(node));
        marks[at] = Mark::kDone;
        stack.pop_back();
      }
    }
    return ordered;
  }

  std::vector<Pending> nodes_;
  std::vector<std::unique_ptr<Scope>> scopes_;
  std::unordered_map<std::string, int> by_name_;
  std::unordered_map<std::string, std::vector<int>> copies_;  // by name without @k
  std::unordered_map<std::string, std::string> endpoints_;
  std::size_t edges_ = 0, name_bytes_ = 0;
};

}  // namespace

std::vector<PaleoNode> unfold_paleo(const JsonValue& layers) { return Unfolder().unfold(layers); }

const std::string& paleo_text(const JsonValue& layer, const char* key) {
  const JsonValue* value = layer.find(key);
  if (value == nullptr || value->text() == nullptr)
    throw bad_input("the layer needs a text '" + std::string(key) + "'");
  return *value->text();
}

}  // namespace neuralpower
