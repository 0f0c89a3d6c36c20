// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "contract.hpp"
#include "error.hpp"
#include "layernorm_fused_rm/plan.hpp"

namespace layernorm_fused_rm {
namespace {

using Cells = std::vector<std::string>;

[[nodiscard]] std::vector<std::size_t> column_widths(const std::vector<Cells>& table) {
    std::vector<std::size_t> widths(table.front().size(), 0);
    for (const Cells& cells : table) {
        for (std::size_t i = 0; i < cells.size(); ++i) {
            widths[i] = std::max(widths[i], cells[i].size());
        }
    }
    return widths;
}

[[nodiscard]] bool is_number(const std::string& cell) { return cell.find_first_not_of("0123456789") == cell.npos; }

// Numbers to the right of their column, words to the left, two spaces between columns.
[[nodiscard]] std::string format_line(const Cells& cells, const std::vector<std::size_t>& widths) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const std::string space(widths[i] - cells[i].size(), ' ');
        line += "  " + (is_number(cells[i]) ? space + cells[i] : cells[i] + space);
    }
    return line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
}

// The first row of `table` is its heading.
[[nodiscard]] std::string format_table(const std::vector<Cells>& table) {
    const std::vector<std::size_t> widths = column_widths(table);
    std::string text;
    for (const Cells& cells : table) {
        text += format_line(cells, widths);
    }
    return text;
}

[[nodiscard]] std::string describe_arguments(const Plan& plan) {
    std::vector<Cells> table{{"name", "value"}};
    for (const auto& [name, value] : plan.compile_time_arguments()) {
        table.push_back({name, std::to_string(value)});
    }
    return "compile-time arguments\n" + format_table(table);
}

[[nodiscard]] std::string describe_buffers(const Plan& plan) {
    std::vector<Cells> table{{"id", "purpose", "page size", "pages", "producer", "consumer", "bytes"}};
    for (const CircularBuffer& buffer : plan.buffers) {
        table.push_back({std::to_string(buffer.index), buffer.purpose, std::to_string(buffer.page_bytes),
                         std::to_string(buffer.pages), buffer.producer, buffer.consumer,
                         std::to_string(buffer.bytes())});
    }
    return "circular buffers of every core\n" + format_table(table);
}

[[nodiscard]] std::string describe_cores(const Plan& plan) {
    const bool has_slices = plan.call.shares_rows();
    std::vector<Cells> table{{"core (x, y)", "rows", "bank", "first page", "last page"}};
    if (has_slices) {
        table.front().push_back("slice");
    }
    for (const CoreWork& work : plan.cores) {
        const std::string core = "(" + std::to_string(work.core.x) + ", " + std::to_string(work.core.y) + ")";
        if (work.runs.empty()) {
            table.push_back({core, "0", "-", "-", "-"});
        }
        for (const Run& run : work.runs) {
            table.push_back({core, std::to_string(run.count), std::to_string(run.bank), std::to_string(run.first_page),
                             std::to_string(run.first_page + run.count - 1)});
        }
        if (has_slices) {
            table.back().push_back(work.team.empty() ? "-" : std::to_string(work.slice));
        }
    }
    const std::string cores = std::to_string(plan.cores.size()) + (plan.cores.size() == 1 ? " core\n" : " cores\n");
    return cores + format_table(table);
}

[[nodiscard]] std::string describe_sharing(const Plan& plan) {
    const auto has = [&](contract::Buffer vector) {
        return std::ranges::any_of(plan.buffers, [vector](const CircularBuffer& buffer) {
            return buffer.index == static_cast<std::uint32_t>(vector);
        });
    };
    const bool has_gamma = has(contract::Buffer::kGamma);
    const bool has_beta = has(contract::Buffer::kBeta);
    if (!has_gamma && !has_beta) {
        return "neither gamma nor beta\n";
    }
    std::string vectors = has_gamma ? "gamma" : "beta";
    if (has_gamma && has_beta) {
        vectors = "gamma and beta";
    }
    if (!plan.sharing) {
        return vectors + ": read by every core\n";
    }
    std::string sources = place_text(has_gamma ? plan.sharing->gamma_source : plan.sharing->beta_source);
    if (has_gamma && has_beta) {
        sources += " and " + place_text(plan.sharing->beta_source);
    }
    const std::string who = plan.sharing->is_by_readers ? "by readers of cores " : "on cores ";
    const std::size_t helpers = plan.sharing->gamma_helpers.size();
    const std::string help = helpers == 0 ? "" : " with " + std::to_string(helpers) + " helpers each";
    return vectors + ": read " + who + sources + help + ", multicast to cores " + place_text(plan.sharing->first) +
           " to " + place_text(plan.sharing->last) + "\n";
}

[[nodiscard]] std::string describe_l1(const Plan& plan) {
    return "L1 of every core: " + std::to_string(plan.l1_bytes_used) + " of " + std::to_string(plan.l1_bytes_budget) +
           " bytes (" + std::to_string(100 * plan.l1_bytes_used / plan.l1_bytes_budget) + " %)\n";
}

}  // namespace

std::string Plan::describe() const {
    return "layernorm_fused_rm: " + std::to_string(rows) + " rows of " + std::to_string(call.row_elements()) +
           " elements" + (call.shares_rows() ? " in " + std::to_string(call.slices) + " slices, a core each" : "") +
           (call.tells_stats() ? ", of which stats are told" : "") +
           (call.takes_stats() ? ", by the stats of " + std::to_string(call.chips()) + " chips" : "") +
           (call.reads_again != 0 ? ", too wide for L1: read again for each pass" : "") + "\n\n" +
           describe_buffers(*this) + "\n" + describe_l1(*this) + describe_sharing(*this) + "\n" +
           describe_cores(*this) + "\n" + describe_arguments(*this);
}

}  // namespace layernorm_fused_rm
