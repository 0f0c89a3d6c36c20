// SPDX-License-Identifier: Apache-2.0
#include "accuracy_table.hpp"

#include <algorithm>
#include <iomanip>
#include <iterator>
#include <map>
#include <string>

#include "configuration.hpp"
#include "contract.hpp"

namespace layernorm_fused_rm::arithmetic {
namespace {

constexpr double kEpsilonOfAnyWidth = 1e-6;  // CMakeLists.txt

[[nodiscard]] std::string dtypes_of(const Formats& formats) {
    const auto name = [](Format format) { return format == Format::kBfloat16 ? "bf16" : "fp32"; };
    return std::string(name(formats.input)) + " -> " + name(formats.output);
}

[[nodiscard]] bool has_mean(const Configuration& kind) { return kind.centring != contract::Centring::kNone; }

void print_line(std::ostream& output, std::string_view name, const std::string& call, const std::string& dtypes,
                const Accuracy& accuracy) {
    output << std::left << std::setw(26) << name << std::setw(44) << call << std::setw(14) << dtypes << std::right
           << std::setw(8) << accuracy.rows << std::setw(11) << accuracy.elements << std::setw(10) << std::fixed
           << std::setprecision(4) << 100 * accuracy.share_correctly_rounded() << " %" << std::setw(8)
           << accuracy.largest_ulp << std::setw(9) << accuracy.cancelled << std::setprecision(2) << std::setw(8)
           << accuracy.largest_error * 0x1p24 << std::setw(9) << accuracy.largest_error_of_row * 0x1p20 << std::setw(8)
           << accuracy.largest_mean_error_sigma * 0x1p24 << std::setw(8) << accuracy.largest_rstd_error * 0x1p24
           << "\n";
}

}  // namespace

std::size_t rows_per_case(const Configuration& configuration) {
    const std::uint32_t width = configuration.shape.width;
    return configuration.is_plain() && std::ranges::find(kTestedWidths, width) != kTestedWidths.end()
               ? rows_per_case(width)
               : std::min(kMostRowsPerOtherCase, kElementsPerOtherCase / width);
}

std::vector<Distribution> distributions_for(const Configuration& configuration) {
    const Formats& formats = configuration.shape.formats;
    const bool is_float32 = formats.input == Format::kFloat32 && formats.residual != Format::kBfloat16;
    std::vector<Distribution> kinds;
    std::ranges::copy_if(distributions(), std::back_inserter(kinds),
                         [=](const Distribution& kind) { return is_float32 || !kind.needs_float32; });
    return kinds;
}

Accuracy measure(const Distribution& distribution, const Configuration& configuration) {
    const Rows rows = draw_rows(distribution, configuration, rows_per_case(configuration),
                                run_seed() * 4096 + configuration.shape.width);
    return judge(configuration, rows.operands(), normalise(configuration, rows.operands()));
}

void print_report(std::ostream& output) {
    output << "rows and call, dtypes: rows, elements, share correctly rounded, ULP, cancelled, errors: "
              "before rounding (2^-24 of the terms), of y (2^-20 of the row's largest), of the mean (2^-24 sigma), of "
              "rstd (2^-24)\n";
    std::map<std::string, Accuracy> by_dtypes;
    for (const Configuration* kind : all_kinds()) {
        const std::string dtypes = dtypes_of(kind->shape.formats);
        for (const Distribution& distribution : distributions_for(*kind)) {
            const Accuracy accuracy = measure(distribution, *kind);
            print_line(output, distribution.name, std::string(kind->name), dtypes, accuracy);
            by_dtypes[dtypes] += accuracy;
        }
    }
    for (const auto& [dtypes, accuracy] : by_dtypes) {
        print_line(output, "everything", "all", dtypes, accuracy);
    }
}

std::vector<const Configuration*> configurations_of_any_width() {
    std::vector<const Configuration*> wide;
    std::ranges::copy_if(configurations(), std::back_inserter(wide),
                         [](const Configuration* kind) { return kind->epsilon == kEpsilonOfAnyWidth; });
    std::ranges::stable_sort(wide, {}, [](const Configuration* kind) { return kind->shape.width; });
    return wide;
}

Accuracy measure_any_width(const Distribution& distribution, const Configuration& configuration) {
    constexpr std::size_t kFew = 5;
    const std::size_t count = configuration.shape.width > 1024 ? kFew : 20 * kFew;
    const Rows rows = draw_rows(distribution, configuration, count, run_seed());
    return judge(configuration, rows.operands(), normalise(configuration, rows.operands()));
}

void print_table_of_widths(std::ostream& output) {
    output
        << "| W | call | rows | correctly rounded | of two values each | largest ULP | y, 2^-20 of the row's largest "
           "| mean, 2^-20 of the largest x | rstd, 2^-20 |\n|---|---|---|---|---|---|---|---|---|\n"
        << std::fixed << std::setprecision(3);
    for (const Configuration* kind : configurations_of_any_width()) {
        Accuracy others;
        Accuracy on_ties;
        for (const Distribution& distribution : rows_that_are_not_random()) {
            (sits_on_ties(distribution) ? on_ties : others) += measure_any_width(distribution, *kind);
        }
        Accuracy all = others;
        all += on_ties;
        const Formats& formats = kind->shape.formats;
        output << "| " << kind->shape.width << " | " << dtypes_of(formats)
               << (formats.residual == Format::kNone ? "" : ", residual") << (has_mean(*kind) ? "" : ", RMSNorm")
               << (kind->shape.has_strips() ? ", in tiles" : "") << " | " << all.rows << " | ";
        if (formats.output == Format::kBfloat16) {
            output << 100 * others.share_correctly_rounded() << " % | " << 100 * on_ties.share_correctly_rounded()
                   << " % | " << all.largest_ulp << " | - | ";
        } else {
            output << "- | - | - | " << 0x1p20 * all.largest_error_of_row << " | ";
        }
        has_mean(*kind) ? output << all.largest_mean_error_of_row * 0x1p20 : output << "-";
        output << " | " << all.largest_rstd_error_alone * 0x1p20 << " |\n";
    }
}

}  // namespace layernorm_fused_rm::arithmetic
