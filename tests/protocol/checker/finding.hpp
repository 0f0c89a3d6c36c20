// SPDX-License-Identifier: Apache-2.0
// What the checker finds: the rule that a kernel or a plan breaks, and how.
#pragma once

#include <array>
#include <stdexcept>
#include <string>

namespace protocol {

enum class Rule {
    kDeadlock,        // nobody can go on
    kBufferProtocol,  // reserve/push, wait/pop
    kBufferAccess,    // L1 read or written without being entitled to it
    kNocOrder,        // barriers and flushes
    kNocAddress,      // outside a tensor or a core that runs the program
    kAlignment,       // of NoC addresses
    kIdentity,        // an element is not where it belongs
    kCoverage,        // output bytes written never or twice
    kZones,           // DEST between math and packer
    kSources,         // SrcA and SrcB between unpacker and math
    kConfiguration,   // the unpacker's two contexts
    kVectorOrder,     // FPU and SFPU on the same DEST rows
    kDestUnpack,      // DEST rows between math and unpacker
    kFormat,          // unpacker, FPU and packer set to the format of what they handle
    kSemaphores,      // of L1, between cores
    kLayout,          // circular buffers in L1
    kCall,            // a call or an instruction that a kernel must not make
    kEndless,         // a thread that does not end
    kCompilation,     // a configuration that does not compile
    kUnknown,         // something that the checker has no meaning for
};

inline constexpr std::array kRuleNames = {"deadlock",       "buffer protocol", "buffer access", "NoC order",
                                          "NoC address",    "alignment",       "identity",      "coverage",
                                          "DEST zones",     "SrcA/SrcB",       "configuration", "FPU/SFPU order",
                                          "unpack to DEST", "data format",     "semaphores",    "L1 layout",
                                          "kernel call",    "endless",         "compilation",   "unknown"};

[[nodiscard]] inline const char* name_of(Rule rule) { return kRuleNames.at(static_cast<std::size_t>(rule)); }

class Finding : public std::runtime_error {
public:
    Finding(Rule rule, const std::string& text) : std::runtime_error(text), rule_(rule) {}
    [[nodiscard]] Rule rule() const { return rule_; }

private:
    Rule rule_;
};

inline void require(bool holds, Rule rule, const char* text) {
    if (!holds) [[unlikely]] {
        throw Finding(rule, text);
    }
}

}  // namespace protocol
