// SPDX-License-Identifier: Apache-2.0
// The wheel's api/core_local_mem.h as recording loads and stores of a core's RISC-V. What they bring is of one thread
// alone (Recorder::load), so that its events stay the same under every interleaving.
#pragma once

#include <stdint.h>

#include <type_traits>

#include "recorder.hpp"

template <typename Word>
class CoreLocalMem {
    using Value = std::remove_cv_t<Word>;

    class Element {
    public:
        explicit Element(uint32_t address) : address_(address) {}
        operator Value() const {
            const uint32_t value = protocol_recorder->load(*protocol_recorder, address_, sizeof(Value));
            protocol::record_access(protocol::EventKind::kLoad, address_, sizeof(Value), value);
            return static_cast<Value>(value);
        }
        Element& operator=(Value value) {
            protocol_recorder->store(*protocol_recorder, address_, value);
            protocol::record_access(protocol::EventKind::kStore, address_, sizeof(Value), value);
            return *this;
        }

    private:
        uint32_t address_;
    };

public:
    CoreLocalMem(uint32_t address) : address_(address) {}

    Element operator[](uint32_t index) const {
        return Element(address_ + index * static_cast<uint32_t>(sizeof(Value)));
    }
    Element operator*() const { return Element(address_); }

private:
    uint32_t address_;
};
