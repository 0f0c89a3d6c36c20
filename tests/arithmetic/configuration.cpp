// SPDX-License-Identifier: Apache-2.0
#include "configuration.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>

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
                   kind->shape.pads_rows == configuration->shape.pads_rows &&
                   kind->shape.slices == configuration->shape.slices;
        });
        if (same == kinds.end()) {
            kinds.push_back(configuration);
        } else {
            *same = configuration;
        }
    }
    return kinds;
}

// Columns `first` and on of each row, `count` of them; a tensor that is not there stays so.
[[nodiscard]] std::vector<Bits> columns_of(std::span<const Bits> tensor, std::size_t width, std::size_t first,
                                           std::size_t count) {
    std::vector<Bits> columns;
    for (std::size_t row = 0; row < tensor.size(); row += width) {
        const std::span<const Bits> own = tensor.subspan(row + first, count);
        columns.insert(columns.end(), own.begin(), own.end());
    }
    return columns;
}

void put_columns(std::vector<Bits>& tensor, const std::vector<Bits>& columns, std::size_t width, std::size_t first,
                 std::size_t count) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
        tensor.at(i / count * width + first + i % count) = columns[i];
    }
}

// One slice of all rows.
[[nodiscard]] Results normalise_slice(const Configuration& configuration, const Operands& operands,
                                      const Place& place) {
    const Shape& shape = configuration.shape;
    const std::size_t own = shape.own_width();
    const auto cut = [&](std::span<const Bits> tensor) {
        return columns_of(tensor, shape.width, place.slice * own, own);
    };
    const std::vector<Bits> x = cut(operands.x);
    const std::vector<Bits> residual = cut(operands.residual);
    const std::vector<Bits> gamma = cut(operands.gamma);
    const std::vector<Bits> beta = cut(operands.beta);
    Operands slice = operands;
    slice.x = x;
    slice.residual = residual;
    slice.gamma = shape.shares_affine ? operands.gamma : gamma;
    slice.beta = shape.shares_affine ? operands.beta : beta;
    return Core(shape, slice, place).run(configuration.kernel);
}

// A core for each slice, on a thread of its own. All of them come to the same statistics.
[[nodiscard]] Results normalise_by_team(const Configuration& configuration, const Operands& operands) {
    const Shape& shape = configuration.shape;
    Team team(shape.slices);
    std::vector<Results> results(shape.slices);
    std::vector<std::exception_ptr> failures(shape.slices);
    {
        std::vector<std::jthread> threads;
        for (std::uint32_t slice = 0; slice < shape.slices; ++slice) {
            threads.emplace_back([&, slice] {
                try {
                    results[slice] = normalise_slice(configuration, operands, {&team, slice});
                } catch (...) {
                    failures[slice] = std::current_exception();
                    team.fail();
                }
            });
        }
    }
    for (const std::exception_ptr& failure : failures) {
        if (failure) {
            std::rethrow_exception(failure);
        }
    }
    Results all = results.front();
    all.y.resize(all.y.size() * shape.slices);
    all.sum.resize(all.sum.size() * shape.slices);
    for (std::uint32_t slice = 0; slice < shape.slices; ++slice) {
        const Results& own = results[slice];
        if (own.mean != all.mean || own.rstd != all.rstd) {
            throw std::logic_error("cores of a team come to different statistics");
        }
        put_columns(all.y, own.y, shape.width, slice * shape.own_width(), shape.own_width());
        put_columns(all.sum, own.sum, shape.width, slice * shape.own_width(), shape.own_width());
    }
    return all;
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
    return configuration.shape.slices > 1 ? normalise_by_team(configuration, operands)
                                          : Core(configuration.shape, operands).run(configuration.kernel);
}

}  // namespace layernorm_fused_rm::arithmetic
