// SPDX-License-Identifier: Apache-2.0
#include "configuration.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string>

namespace layernorm_fused_rm::arithmetic {
namespace {

[[nodiscard]] bool fits(std::uint32_t wanted, std::uint32_t found) { return wanted == 0 || wanted == found; }

[[nodiscard]] std::vector<const Configuration*> last_of_each_kind(bool plain) {
    std::vector<const Configuration*> kinds;
    for (const Configuration* configuration : configurations()) {
        if (configuration->is_plain() != plain || configuration->epsilon != kUsualEpsilon) {
            continue;
        }
        const auto same = std::ranges::find_if(kinds, [=](const Configuration* kind) {
            return kind->shape.width == configuration->shape.width && kind->options == configuration->options &&
                   kind->shape.pads_rows == configuration->shape.pads_rows;
        });
        if (same == kinds.end()) {
            kinds.push_back(configuration);
        } else {
            *same = configuration;
        }
    }
    return kinds;
}

}  // namespace

std::vector<const Configuration*> find_configurations(const Wanted& wanted) {
    std::vector<const Configuration*> found;
    for (const Configuration* configuration : configurations()) {
        if (configuration->shape.width == wanted.width && fits(wanted.rows_per_batch, configuration->rows_per_batch) &&
            fits(wanted.rows_per_block, configuration->shape.rows_per_block) &&
            configuration->options == wanted.options && configuration->epsilon == wanted.epsilon) {
            found.push_back(configuration);
        }
    }
    if (found.empty()) {
        throw std::invalid_argument("no kernel is compiled for width " + std::to_string(wanted.width) + ", options '" +
                                    std::string(wanted.options) + "', " + std::to_string(wanted.rows_per_batch) +
                                    " rows a batch, " + std::to_string(wanted.rows_per_block) +
                                    " rows a block; list it in tests/arithmetic/CMakeLists.txt");
    }
    return found;
}

const Configuration& find_configuration(const Wanted& wanted) { return *find_configurations(wanted).front(); }

std::vector<const Configuration*> plain_kinds() { return last_of_each_kind(true); }
std::vector<const Configuration*> other_kinds() { return last_of_each_kind(false); }
std::vector<const Configuration*> all_kinds() {
    std::vector<const Configuration*> kinds = plain_kinds();
    std::ranges::copy(other_kinds(), std::back_inserter(kinds));
    return kinds;
}

Results normalise(const Configuration& configuration, const Operands& operands) {
    return Core(configuration.shape, operands).run(configuration.kernel);
}

}  // namespace layernorm_fused_rm::arithmetic
