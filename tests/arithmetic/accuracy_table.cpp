#include "accuracy_table.hpp"

#include <iomanip>
#include <string>

#include "configuration.hpp"

namespace layernorm_fused_rm::arithmetic {
namespace {

void print_line(std::ostream& output, std::string_view name, const std::string& width, const Accuracy& accuracy) {
    output << std::left << std::setw(26) << name << std::right << std::setw(6) << width << std::setw(8) << accuracy.rows
           << std::setw(11) << accuracy.elements << std::setw(12) << std::fixed << std::setprecision(4)
           << 100 * accuracy.share_correctly_rounded() << " %" << std::setw(6) << accuracy.largest_ulp << std::setw(10)
           << accuracy.cancelled << std::setw(9) << std::setprecision(2) << accuracy.largest_error * 0x1p24 << "\n";
}

}  // namespace

Accuracy measure(const Distribution& distribution, std::uint32_t width) {
    const Rows rows = draw_rows(distribution, rows_per_case(width), width, run_seed() * 4096 + width);
    const Configuration& configuration = *find_configurations({.width = width}).back();
    return judge(rows.operands(), configuration.epsilon, normalise(configuration, rows.operands()));
}

void print_report(std::ostream& output) {
    output << "kind                       width    rows   elements  correctly rounded  ULP cancelled  error (2^-24 of "
              "the terms)\n";
    Accuracy everything;
    for (const Distribution& distribution : distributions()) {
        Accuracy kind;
        for (const std::uint32_t width : kTestedWidths) {
            const Accuracy accuracy = measure(distribution, width);
            print_line(output, distribution.name, std::to_string(width), accuracy);
            kind += accuracy;
        }
        print_line(output, distribution.name, "all", kind);
        everything += kind;
    }
    print_line(output, "everything", "all", everything);
}

}  // namespace layernorm_fused_rm::arithmetic
