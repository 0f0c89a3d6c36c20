// SPDX-License-Identifier: Apache-2.0
// NoC commands of one length each, many in a row, for reader and writer.
//
// start(remote, bytes) sets what all have in common; move_elsewhere(remote, place) moves that many bytes between there
// and L1 address `place`, and move(remote, place) the same, keeping where in the NoC the last one went. Before each,
// wait(is_free) with what is_free() has said since the command before: a load that takes seven cycles (ISA documents,
// "Baby RISCV"), in which the next address is worked out. All are counted at once, by count(), or barriers would not
// wait for them. move_part(remote, place, bytes) is a command of its own, counted.
#pragma once

#include <stdint.h>

#include "api/dataflow/dataflow_api.h"

namespace layernorm_fused_rm {

template <uint32_t command_buffer>
struct NocCommands {
    static_assert(noc_mode == DM_DEDICATED_NOC, "the counters would lie elsewhere");
    static bool is_free() { return noc_cmd_buf_ready(noc_index, command_buffer); }
    static void wait(bool is_free) {
        while (!is_free) {
            is_free = NocCommands::is_free();
        }
    }
};
struct Reads : NocCommands<read_cmd_buf> {
    static constexpr bool takes_padding = false;
    static void start(uint64_t remote, uint32_t bytes) { noc_async_read_one_packet_set_state(remote, bytes); }
    static void move_elsewhere(uint64_t remote, uint32_t place) { issue<CQ_NOC_SNDl>(remote, place); }
    static void move(uint32_t in_bank, uint32_t place) { issue<CQ_NOC_SnDl>(in_bank, place); }
    static void count(uint32_t commands) { noc_reads_num_issued[noc_index] += commands; }
    static void move_part(uint64_t remote, uint32_t place, uint32_t bytes) { noc_async_read(remote, place, bytes); }

private:
    template <CQNocFlags what_changes>
    static void issue(uint64_t remote, uint32_t place) {
        noc_read_with_state<DM_INVALID_NOC, read_cmd_buf, what_changes, CQ_NOC_SEND, CQ_NOC_wait>(noc_index, remote,
                                                                                                  place, 0);
    }
};
struct Writes : NocCommands<write_cmd_buf> {
    static constexpr bool takes_padding = true;  // of tiles, as zeros
    static void start(uint64_t remote, uint32_t bytes) { noc_async_write_one_packet_set_state(remote, bytes); }
    static void move_elsewhere(uint64_t remote, uint32_t place) { issue<CQ_NOC_SNDl>(remote, place); }
    static void move(uint32_t in_bank, uint32_t place) { issue<CQ_NOC_SnDl>(in_bank, place); }
    static void count(uint32_t commands) {
        noc_nonposted_writes_num_issued[noc_index] += commands;
        noc_nonposted_writes_acked[noc_index] += commands;
    }
    static void move_part(uint64_t remote, uint32_t place, uint32_t bytes) { noc_async_write(place, remote, bytes); }

private:
    template <CQNocFlags what_changes>
    static void issue(uint64_t remote, uint32_t place) {
        constexpr bool kIsCounted = false;
        noc_write_with_state<DM_DEDICATED_NOC, write_cmd_buf, what_changes, CQ_NOC_SEND, CQ_NOC_wait, kIsCounted>(
            noc_index, place, remote);
    }
};

}  // namespace layernorm_fused_rm
