// SPDX-License-Identifier: Apache-2.0
#include "configuration.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace layernorm_fused_rm::arithmetic {
namespace {

[[nodiscard]] bool fits(std::uint32_t wanted, std::uint32_t found) { return wanted == 0 || wanted == found; }

[[nodiscard]] std::vector<const Configuration*> last_of_each_kind(bool plain) {
    std::vector<const Configuration*> kinds;
    for (const Configuration* configuration : configurations()) {
        if (configuration->is_plain() != plain || configuration->epsilon != kUsualEpsilon ||
            configuration->shape.stats_numbers != 0) {
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

// So many columns of each of a call's tensors, from `first` on.
struct Part {
    std::vector<Bits> x, residual, gamma, beta;

    Part(const Operands& whole, std::size_t width, std::size_t first, std::size_t count)
        : x(columns_of(whole.x, width, first, count)),
          residual(columns_of(whole.residual, width, first, count)),
          gamma(columns_of(whole.gamma, width, first, count)),
          beta(columns_of(whole.beta, width, first, count)) {}

    // In the place of the whole tensors.
    [[nodiscard]] Operands operands(Operands whole) const {
        whole.x = x;
        whole.residual = residual;
        whole.gamma = gamma;
        whole.beta = beta;
        return whole;
    }
};

// One slice of all rows.
[[nodiscard]] Results normalise_slice(const Configuration& configuration, const Operands& operands,
                                      const Place& place) {
    const Shape& shape = configuration.shape;
    const std::size_t own = shape.own_width();
    const Part part(operands, shape.width, place.slice * own, own);
    Operands slice = part.operands(operands);
    slice.gamma = shape.shares_affine ? operands.gamma : slice.gamma;
    slice.beta = shape.shares_affine ? operands.beta : slice.beta;
    return Core(shape, slice, place).run(configuration.kernel);
}

// Those of each part's columns beside each other; all have the same statistics.
[[nodiscard]] Results join(const std::vector<Results>& parts, std::size_t own) {
    Results all = parts.front();
    all.y.resize(all.y.size() * parts.size());
    all.sum.resize(all.sum.size() * parts.size());
    for (std::size_t part = 0; part < parts.size(); ++part) {
        if (parts[part].mean != all.mean || parts[part].rstd != all.rstd) {
            throw std::logic_error("cores that share rows come to different statistics");
        }
        put_columns(all.y, parts[part].y, parts.size() * own, part * own, own);
        put_columns(all.sum, parts[part].sum, parts.size() * own, part * own, own);
    }
    return all;
}

// A core for each slice, on a thread of its own.
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
    return join(results, shape.own_width());
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

Results normalise_in_parts(const Configuration& before, const Configuration& after, const Operands& operands) {
    const std::size_t numbers = before.shape.stats_numbers;
    const std::size_t of_all = after.shape.stats_numbers;
    const std::size_t own = after.shape.width;
    const std::size_t chips = of_all / numbers;
    const std::size_t rows = operands.x.size() / (own * chips);
    std::vector<Part> parts;
    std::vector<Bits> stats(rows * of_all);
    for (std::size_t chip = 0; chip < chips; ++chip) {
        const Part& part = parts.emplace_back(operands, own * chips, chip * own, own);
        Operands first_half = operands;
        first_half.x = part.x;
        first_half.residual = part.residual;
        first_half.gamma = first_half.beta = {};
        put_columns(stats, normalise(before, first_half).stats, of_all, chip * numbers, numbers);
    }
    std::vector<Results> results;
    for (const Part& part : parts) {
        Operands second_half = part.operands(operands);
        second_half.stats = stats;
        results.push_back(normalise(after, second_half));
    }
    Results all = join(results, own);
    all.stats = std::move(stats);
    return all;
}

}  // namespace layernorm_fused_rm::arithmetic
